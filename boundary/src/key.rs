//! Keys: any JavaScript string, without loss.

/// The UTF-16 code units of a key as the bytes that the core hashes: distinct strings give distinct bytes, lone
/// surrogates included.
#[must_use]
#[inline]
pub fn key_bytes(units: &[u16]) -> &[u8] {
    // SAFETY: any initialised `u16` is two initialised bytes, and bytes have no alignment to keep.
    unsafe { core::slice::from_raw_parts(units.as_ptr().cast(), size_of_val(units)) }
}
