//! The records behind our count of the holders of a license: one for each user, and one for all who are known by
//! number only.

use hashbrown::HashMap;

use super::charges::license_object;
use super::evidence::Evidence;
use super::table::Cell;
use super::{Basis, Error, Sink};
use crate::store::{HolderRow, Selection};

/// Who holds which license; nobody when no one asks for evidence.
pub(super) struct CountedHolders {
    is_wanted: bool,
    /// Ids of users by org, kind and license id.
    users: HashMap<(String, String, String), Vec<String>>,
}

impl CountedHolders {
    /// Reads the holders of every license over whole orgs, when `sink` has a use for them.
    pub(super) fn read(basis: &Basis<'_>, sink: &dyn Sink) -> Result<Self, Error> {
        let whole_orgs = Selection { companies: Vec::new(), ..basis.selection.clone() };
        Self::read_selected(basis, sink, &whole_orgs)
    }

    /// Reads the holders in the companies asked for alone.
    pub(super) fn read_of_companies(basis: &Basis<'_>, sink: &dyn Sink) -> Result<Self, Error> {
        Self::read_selected(basis, sink, basis.selection)
    }

    fn read_selected(basis: &Basis<'_>, sink: &dyn Sink, selection: &Selection) -> Result<Self, Error> {
        let mut read = Self { is_wanted: sink.wants_evidence(), users: HashMap::new() };
        if read.is_wanted {
            basis.reader.holders(selection, |seat| -> Result<(), Error> {
                let HolderRow { holder, license, .. } = seat;
                let name = (holder.org.to_string(), license.kind.to_owned(), license.license_id.clone());
                read.users.entry(name).or_default().push(holder.user_id.clone());
                Ok(())
            })?;
        }
        Ok(read)
    }

    /// Gives the holders behind the `counted` ones of a license, which org, kind and id name, as evidence for `measure` in
    /// the row with this key.
    pub(super) fn tell(
        &self,
        sink: &mut dyn Sink,
        measure: &'static str,
        row: &[Cell<'_>],
        (org, kind, license_id): (&str, &str, &str),
        counted: Option<i64>,
    ) -> Result<(), Error> {
        let Some(counted) = counted.filter(|_| self.is_wanted) else { return Ok(()) };
        let name = (org.to_owned(), kind.to_owned(), license_id.to_owned());
        let users = self.users.get(&name).map_or(&[][..], Vec::as_slice);
        let one = |object, record_id, because| Evidence {
            row,
            ..Evidence::one(measure, org, object, record_id, because)
        };
        for user in users {
            let holder = one("User", user, "holds a seat");
            sink.evidence(&Evidence { user_id: Some(user), ..holder }).map_err(Error::Write)?;
        }
        let others = counted - i64::try_from(users.len()).unwrap_or(i64::MAX);
        if others != 0 {
            let because = "holders outside the configured companies, known by number only";
            let rest = one(license_object(kind), license_id, because);
            sink.evidence(&Evidence { amount: others.into(), ..rest }).map_err(Error::Write)?;
        }
        Ok(())
    }
}
