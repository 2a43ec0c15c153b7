//! Whose call it is.

mod address;
mod bytes;
mod number;
mod tuple;

use std::borrow::Cow;
use std::sync::Arc;

pub use bytes::KeyBytes;

/// What tells callers apart: text, bytes, numbers, addresses, and tuples of those.
///
/// Keys are bytes, and the same for every store and every language: a number is its decimal digits, an address what
/// `clientKey` makes of it in JavaScript, so that a fleet may mix both. The types do not matter: `7_u64` and `"7"` are
/// one key.
///
/// - **Text and bytes** are themselves.
/// - **Addresses**: IPv4 in dotted form, also where it is embedded in IPv6 (`::ffff:1.2.3.4`, `64:ff9b::1.2.3.4`).
///   IPv6 by its network of 56 bits, such as `2001:db8:0:100::/56`: a household or a server is given at least that,
///   and would have 2^72 keys otherwise.
/// - **Tuples** are their parts, each but the last with its length before it, so that `("a", "bc")` and `("ab", "c")`
///   differ.
///
/// ```
/// use std::net::IpAddr;
/// use tollgate::Key;
/// let home: IpAddr = "2001:db8:0:1ff::7".parse().expect("an address");
/// assert_eq!(&*home.bytes(), b"2001:db8:0:100::/56");
/// assert_eq!(&*("login", 7_u64).bytes(), b"5:login,7");
/// ```
///
/// A type of one's own says its bytes by those of its parts:
///
/// ```
/// use tollgate::{Key, KeyBytes, Policy, RateLimiter};
/// struct UserId(u64);
/// impl Key for UserId {
///     fn bytes(&self) -> KeyBytes<'_> {
///         self.0.bytes()
///     }
/// }
/// assert!(RateLimiter::new(Policy::per_second(1))?.check(UserId(7)).allowed);
/// # Ok::<(), tollgate::ConfigError>(())
/// ```
pub trait Key: Sync {
    /// The bytes that stand for this caller, and for no other one.
    fn bytes(&self) -> KeyBytes<'_>;
}

impl Key for [u8] {
    #[inline]
    fn bytes(&self) -> KeyBytes<'_> {
        KeyBytes::borrowed(self)
    }
}

impl Key for str {
    #[inline]
    fn bytes(&self) -> KeyBytes<'_> {
        KeyBytes::borrowed(self.as_bytes())
    }
}

impl Key for String {
    #[inline]
    fn bytes(&self) -> KeyBytes<'_> {
        KeyBytes::borrowed(self.as_bytes())
    }
}

impl Key for Vec<u8> {
    #[inline]
    fn bytes(&self) -> KeyBytes<'_> {
        KeyBytes::borrowed(self)
    }
}

impl<const N: usize> Key for [u8; N] {
    #[inline]
    fn bytes(&self) -> KeyBytes<'_> {
        KeyBytes::borrowed(self)
    }
}

impl Key for KeyBytes<'_> {
    #[inline]
    fn bytes(&self) -> KeyBytes<'_> {
        KeyBytes::borrowed(self)
    }
}

macro_rules! key_of_pointee {
    ($($pointer:ty),*) => {$(
        impl<T: Key + ?Sized> Key for $pointer
        where
            Self: Sync,
        {
            #[inline]
            fn bytes(&self) -> KeyBytes<'_> {
                (**self).bytes()
            }
        }
    )*};
}

key_of_pointee!(&T, Box<T>, Arc<T>);

impl<T: Key + ToOwned + ?Sized> Key for Cow<'_, T>
where
    Self: Sync,
{
    #[inline]
    fn bytes(&self) -> KeyBytes<'_> {
        (**self).bytes()
    }
}
