//! Text that must never be printed.

use zeroize::Zeroizing;

/// A secret: wiped from memory when dropped, and without `Debug`, `Display` or `Serialize`, so that no log line or
/// error can carry it by accident. [`Secret::expose`] is the one way to its text, and is easy to search for.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes over `text`.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret text, for the one place that must send or sign with it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    /// Compiles only while `Secret` has no `Debug`: with it, the call below is ambiguous.
    #[test]
    fn secret_has_no_debug() {
        trait AmbiguousWithDebug<Marker> {
            fn name() -> &'static str {
                "no Debug"
            }
        }
        struct HasDebug;
        impl<T: ?Sized> AmbiguousWithDebug<()> for T {}
        impl<T: ?Sized + std::fmt::Debug> AmbiguousWithDebug<HasDebug> for T {}
        assert_eq!(<Secret as AmbiguousWithDebug<_>>::name(), "no Debug");
    }
}
