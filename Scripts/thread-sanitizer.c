// SPDX-License-Identifier: Apache-2.0
// Tells ThreadSanitizer what Swift's own libraries, which are not built with it, do: that a lock which was
// waited for is taken or given up, that who finds itself the only owner of a buffer comes after all who
// let it go, and (by the hook that the runtime has for this, and that nobody calls on Linux) that
// tasks pass from thread to thread. Preloaded into the programs that
// Scripts/sanitize runs; one without ThreadSanitizer it leaves alone.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

extern void __tsan_acquire(void *) __attribute__((weak));
extern void __tsan_release(void *) __attribute__((weak));

// Synchronization._MutexHandle._lockSlow(UInt32), _tryLockSlow() -> Bool and _unlockSlow(). What is
// not slow is compiled into the programs, and seen.
SWIFT void lock_slow(uint32_t owner, SELF void *mutex) __asm__(
    "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
SWIFT bool try_lock_slow(SELF void *mutex) __asm__(
    "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF");
SWIFT void unlock_slow(SELF void *mutex) __asm__(
    "$s15Synchronization12_MutexHandleV11_unlockSlowyyF");

static void *next(const char *name) {
  void *found = dlsym(RTLD_NEXT, name);
  if (!found) abort();
  return found;
}

SWIFT void lock_slow(uint32_t owner, SELF void *mutex) {
  SWIFT void (*real)(uint32_t, SELF void *) =
      next("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
  real(owner, mutex);
  if (__tsan_acquire) __tsan_acquire(mutex);
}

SWIFT bool try_lock_slow(SELF void *mutex) {
  SWIFT bool (*real)(SELF void *) =
      next("$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF");
  bool taken = real(mutex);
  if (taken && __tsan_acquire) __tsan_acquire(mutex);
  return taken;
}

SWIFT void unlock_slow(SELF void *mutex) {
  SWIFT void (*real)(SELF void *) = next("$s15Synchronization12_MutexHandleV11_unlockSlowyyF");
  if (__tsan_release) __tsan_release(mutex);
  real(mutex);
}

// Called with all registers preserved, or not: this keeps them.
__attribute__((preserve_most)) void swift_release(void *object) {
  static __attribute__((preserve_most)) void (*real)(void *);
  if (!real) real = next("swift_release");
  if (object && __tsan_release) __tsan_release(object);
  real(object);
}

bool swift_isUniquelyReferenced_nonNull_native(void *object) {
  static bool (*real)(void *);
  if (!real) real = next("swift_isUniquelyReferenced_nonNull_native");
  bool unique = real(object);
  if (unique && __tsan_acquire) __tsan_acquire(object);
  return unique;
}

__attribute__((constructor)) static void enable(void) {
  if (!__tsan_acquire) return;
  void *runtime = dlopen("libswiftCore.so", RTLD_NOW | RTLD_NOLOAD);
  if (!runtime) return;
  void (*hook)(void) = (void (*)(void))dlsym(runtime, "__tsan_on_initialize");
  if (!hook) abort();
  hook();
}
