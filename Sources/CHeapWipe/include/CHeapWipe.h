// SPDX-License-Identifier: Apache-2.0

#ifndef SOTTO_CHEAPWIPE_H
#define SOTTO_CHEAPWIPE_H

/// Nothing to call: a program that has this target among its dependencies overwrites every block
/// of its heap with zeros when the block is freed, or moves (decision 0012).

#endif
