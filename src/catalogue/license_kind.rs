//! The kinds of licenses, and the objects that tell of each.

/// A kind of license, in the order in which people read them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LicenseKind {
    /// A user license, which comes with the user's profile.
    User,
    /// A permission set license.
    PermissionSet,
    /// The license of a managed package.
    Package,
    /// A feature license: a checkbox of the user.
    Feature,
}

impl LicenseKind {
    /// Every kind, in order.
    pub const ALL: [Self; 4] = [Self::User, Self::PermissionSet, Self::Package, Self::Feature];

    /// Its word in views, contract files and reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::PermissionSet => "permission_set",
            Self::Package => "package",
            Self::Feature => "feature",
        }
    }

    /// The kind of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The object that licenses of the kind are records of; of a feature license, the one with its checkbox.
    pub const fn license_object(self) -> &'static str {
        match self {
            Self::User => "UserLicense",
            Self::PermissionSet => "PermissionSetLicense",
            Self::Package => "PackageLicense",
            Self::Feature => "User",
        }
    }

    /// The object whose records say who holds a license of the kind.
    pub const fn holding_object(self) -> &'static str {
        match self {
            Self::User | Self::Feature => "User",
            Self::PermissionSet => "PermissionSetLicenseAssign",
            Self::Package => "UserPackageLicense",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::object;
    use super::*;

    #[test]
    fn each_kind_is_found_by_its_word_and_no_other_word_is_one() {
        for kind in LicenseKind::ALL {
            assert_eq!(LicenseKind::from_word(kind.word()), Some(kind));
        }
        for word in ["", "User", "permission set", "users"] {
            assert_eq!(LicenseKind::from_word(word), None, "{word}");
        }
    }

    #[test]
    fn kinds_are_ordered_as_they_are_listed_and_their_objects_are_collected() {
        assert!(LicenseKind::ALL.is_sorted());
        assert!(LicenseKind::ALL.iter().enumerate().all(|(place, kind)| *kind as usize == place));
        for kind in LicenseKind::ALL {
            assert!(
                object(kind.license_object()).is_some() && object(kind.holding_object()).is_some(),
                "{kind:?}"
            );
        }
    }
}
