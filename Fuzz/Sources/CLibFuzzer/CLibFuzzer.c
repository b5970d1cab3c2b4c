// SPDX-License-Identifier: Apache-2.0
// SwiftPM wants one source file in a C target; the functions are in the compiler's runtime.
#include "CLibFuzzer.h"
