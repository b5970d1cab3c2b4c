# SPDX-License-Identifier: Apache-2.0
"""Debian packages for the time of a `with` block: what was not there before goes again."""

import os
import shutil
import subprocess

from measured import Failed

POLICY = "/usr/sbin/policy-rc.d"
ENVIRONMENT = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}


def apt(*words):
    done = subprocess.run(["apt-get", "-q", *words], env=ENVIRONMENT, capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"apt-get {words[0]}: {done.stderr.strip()[-400:]}")
    return done.stdout


class Packages:
    """Installs without starting a service; removes what it brought, unless told to keep it."""

    def __init__(self, names, keep):
        self.names, self.keep = names, keep
        self.brought = []
        self.made_policy = False

    def __enter__(self):
        if shutil.which("apt-get") is None or os.geteuid() != 0:
            raise Failed("the peers are Debian packages: run as root on Debian 12")
        apt("update")
        plan = apt("install", "-s", "--no-install-recommends", *self.names)
        self.brought = [line.split()[1] for line in plan.splitlines()
                        if line.startswith("Inst ") and "[" not in line.split("(")[0]]
        if not os.path.exists(POLICY):
            # Installing must start nothing (invoke-rc.d asks this file).
            with open(POLICY, "w", encoding="ascii") as file:
                file.write("#!/bin/sh\nexit 101\n")
            os.chmod(POLICY, 0o755)
            self.made_policy = True
        try:
            if self.brought:
                apt("install", "-y", "--no-install-recommends", *self.brought)
        except Failed:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            if self.brought and not self.keep:
                apt("purge", "-y", *self.brought)
        finally:
            if self.made_policy:
                os.unlink(POLICY)
