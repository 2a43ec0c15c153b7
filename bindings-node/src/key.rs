//! Keys: any JavaScript string, without loss.

use std::mem::MaybeUninit;
use std::ptr;

use napi_sys::{Status, napi_env, napi_value};
use tollgate_boundary::key_bytes;

/// Code units that fit on the stack; a key of this length or more takes the second path.
const STACK_UNITS: usize = 256;

/// Calls `use_it` with the UTF-16 code units of `value` as bytes: distinct strings give distinct bytes,
/// lone surrogates included. `None` when `value` is not a string.
///
/// # Safety
/// `env` must be the current environment and `value` a live handle in it.
#[inline]
pub(crate) unsafe fn with_key<T>(env: napi_env, value: napi_value, use_it: impl FnOnce(&[u8]) -> T) -> Option<T> {
    // Not zeroed: that would take as long as reading a usual key.
    let mut units = [MaybeUninit::<u16>::uninit(); STACK_UNITS];
    let mut len = 0;
    // SAFETY: the caller vouches for `env` and `value`; the buffer has the length that is given.
    let status =
        unsafe { napi_sys::napi_get_value_string_utf16(env, value, units.as_mut_ptr().cast(), STACK_UNITS, &mut len) };
    if status != Status::napi_ok {
        return None;
    }
    // One unit of the buffer is for the terminator: a full buffer may be a truncated key.
    if len < STACK_UNITS - 1 {
        // SAFETY: Node has written the first `len` units.
        let read = unsafe { std::slice::from_raw_parts(units.as_ptr().cast::<u16>(), len) };
        return Some(use_it(key_bytes(read)));
    }
    // SAFETY: as above.
    let units = unsafe { long_key(env, value) }?;
    Some(use_it(key_bytes(&units)))
}

/// # Safety
/// As [`with_key`].
#[cold]
unsafe fn long_key(env: napi_env, value: napi_value) -> Option<Vec<u16>> {
    let mut len = 0;
    // SAFETY: a null buffer asks for the length alone.
    let status = unsafe { napi_sys::napi_get_value_string_utf16(env, value, ptr::null_mut(), 0, &mut len) };
    if status != Status::napi_ok {
        return None;
    }
    let mut units = vec![0_u16; len + 1];
    let mut copied = 0;
    // SAFETY: the buffer has room for `len` units and the terminator.
    let status =
        unsafe { napi_sys::napi_get_value_string_utf16(env, value, units.as_mut_ptr(), units.len(), &mut copied) };
    units.truncate(copied);
    (status == Status::napi_ok && copied == len).then_some(units)
}
