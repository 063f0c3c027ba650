//! Gives every held seat of a selection its verdict, from logins, books and permission sets.

use std::cell::OnceCell;
use std::rc::Rc;

use hashbrown::HashMap;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::licenses::licenses_over;
use super::login_evidence::LoginEvidence;
use super::measure::activity::{Activity, is_new};
use super::measure::employment::{Employment, ListCoverage, Staff, is_staff};
use super::measure::person::{PersonNumber, Persons};
use super::measure::reclaim::{Class, Rival, SeatFacts, Verdict, kept_of_rivals, verdict};
use super::persons::{account, persons_beside, warn_of_short_list};
use super::{Basis, Error};
use crate::base::joined;
use crate::catalogue::is_for_programs;
use crate::report::books::Exempt;
use crate::store::{HeldLicense, Holder, HolderRow, Holdings, LicenseNeeds, LicenseRow};

/// A seat, what becomes of it and why.
pub(super) struct JudgedSeat {
    /// The seat.
    pub(super) seat: HolderRow,
    /// What becomes of it.
    pub(super) verdict: Verdict,
    /// Why, where there is more to say than the verdict's own words.
    told: Option<Rc<str>>,
    /// The last login of its holder, of any kind.
    pub(super) last_any: Option<Timestamp>,
    /// Of a duplicate: the user whose seat the person keeps.
    pub(super) kept_user: Option<Rc<Holder>>,
}

impl JudgedSeat {
    /// Why the verdict is what it is, for people. Names nobody.
    pub(super) fn reason(&self) -> &str {
        self.told.as_deref().unwrap_or(self.verdict.words())
    }
}

/// Judges every seat of the selection; in the order of org, user, kind and license.
pub(super) fn judge_seats(basis: &Basis<'_>) -> Result<Vec<JudgedSeat>, Error> {
    let holdings = basis.reader.holdings(basis.selection)?;
    let users = basis.reader.users_with_logins(basis.selection)?;
    let (persons, (judge, mut seats_with_facts)) = persons_beside(basis, || {
        let judge = Judge::new(basis)?;
        let facts = judge.all_facts(&holdings);
        Ok((judge, facts))
    })?;
    let kept_users = mark_duplicates(&persons, &users, &mut seats_with_facts);
    let judged =
        seats_with_facts.into_iter().enumerate().map(|(place, Facts { seat, user, facts, exempted })| {
            let verdict = verdict(&facts);
            JudgedSeat {
                seat: seat.clone(),
                verdict,
                told: judge.told(verdict, &user, exempted),
                last_any: user.last_any,
                kept_user: kept_users.get(&place).cloned(),
            }
        });
    Ok(judged.collect())
}

/// A seat with all that is known of it.
struct Facts<'a> {
    seat: &'a HolderRow,
    user: Rc<UserFacts>,
    facts: SeatFacts<'a>,
    exempted: Option<Rc<str>>,
}

/// What is known of a user, for all their seats.
struct UserFacts {
    last_any: Option<Timestamp>,
    activity: Activity,
    activity_reason: OnceCell<Rc<str>>,
    is_read: bool,
    leaving: Option<Rc<str>>,
    /// Whether `leaving` is only that a list which is declared complete does not have the person.
    is_absent: bool,
    /// Whether the user tells how far such a list covers the employees.
    is_compared: bool,
    is_collector: bool,
    is_program: bool,
}

/// Everything that verdicts stand on beside the seat itself.
struct Judge<'a> {
    basis: Basis<'a>,
    today: Date,
    logins: LoginEvidence,
    needs: LicenseNeeds,
    staff: Option<Staff<'a>>,
    /// The few licenses that have expired or are disabled.
    over: Vec<LicenseRow>,
}

impl<'a> Judge<'a> {
    fn new(basis: &Basis<'a>) -> Result<Self, Error> {
        let today = basis.selection.as_of.to_zoned(TimeZone::UTC).date();
        std::thread::scope(|threads| {
            let staff = basis.books.people.as_ref().map(|list| threads.spawn(move || Staff::on(today, list)));
            Ok(Self {
                basis: *basis,
                today,
                logins: LoginEvidence::read(basis)?,
                needs: basis.reader.license_needs(basis.selection)?,
                over: licenses_over(basis)?,
                staff: staff.map(joined),
            })
        })
    }

    fn all_facts<'b>(&self, holdings: &'b [Rc<Holdings>]) -> Vec<Facts<'b>> {
        let mut facts: Vec<Facts<'_>> = Vec::with_capacity(holdings.iter().map(|org| org.seats.len()).sum());
        let mut coverage = ListCoverage::default();
        for of_user in holdings.iter().flat_map(|org| org.by_holder()) {
            let user = Rc::new(self.user(&of_user[0].holder));
            coverage.compared += usize::from(user.is_compared);
            coverage.absent += usize::from(user.is_compared && user.is_absent);
            facts.extend(of_user.iter().map(|seat| self.facts(seat, &user)));
        }
        if coverage.is_short() {
            warn_of_short_list(coverage);
            facts.iter_mut().filter(|seat| seat.user.is_absent).for_each(|seat| seat.facts.has_left = false);
        }
        facts
    }

    fn user(&self, user: &Holder) -> UserFacts {
        let logins = self.logins.logins(user);
        let is_read = user.is_active.is_some();
        let activity = if is_read { logins.activity(self.logins.window) } else { Activity::Unknown };
        let is_api_only = logins.is_api_only(self.logins.window) == Some(true);
        let license = user.user_license.as_deref();
        let of_record = account(user);
        let employment =
            self.staff.as_ref().map_or(Employment::Unknown, |staff| staff.employment(&of_record));
        // An account that only programs use is nobody's to be found.
        let is_absent = employment == Employment::Absent && !is_api_only;
        let is_found = matches!(employment, Employment::Employed | Employment::Left(_));
        UserFacts {
            last_any: logins.last_any(),
            activity,
            activity_reason: OnceCell::new(),
            is_read,
            leaving: leaving(employment, is_absent),
            is_absent,
            is_compared: user.is_active == Some(true) && is_staff(&of_record) && (is_absent || is_found),
            is_collector: self.basis.rules.collectors.iter().any(|(org, username)| {
                **org == *user.org
                    && user.username.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(username))
            }),
            is_program: user.is_active == Some(true)
                && license
                    .is_some_and(|held| is_for_programs("user", held.key.as_deref(), held.name.as_deref())),
        }
    }

    fn facts<'b>(&self, seat: &'b HolderRow, user: &Rc<UserFacts>) -> Facts<'b> {
        let HolderRow { holder, license, assigned_at } = seat;
        let (as_of, grace_days) = (self.basis.selection.as_of, self.basis.rules.grace_days);
        let exempted = self.exempted(seat);
        let facts = SeatFacts {
            is_license_over: self.over.iter().any(|over| {
                over.license_id == license.license_id && over.kind == license.kind && *over.org == *holder.org
            }),
            is_exempt: exempted.is_some(),
            is_for_programs: user.is_program
                || is_for_programs(license.kind, license.key.as_deref(), license.name.as_deref()),
            is_collector: user.is_collector,
            user_type: holder.user_type.as_deref(),
            is_active: holder.is_active,
            is_frozen: holder.is_frozen,
            has_left: user.leaving.is_some(),
            is_duplicate: false,
            is_new: is_new(holder.created_at, *assigned_at, as_of, grace_days),
            activity: user.activity,
            is_needed: (license.kind == "permission_set")
                .then(|| self.needs.needs(&holder.org, &holder.user_id, &license.license_id))
                .flatten(),
        };
        Facts { seat, user: Rc::clone(user), facts, exempted }
    }

    fn exempted(&self, seat: &HolderRow) -> Option<Rc<str>> {
        let HolderRow { holder, license, .. } = seat;
        let exemptions = self.basis.books.exemptions.as_ref()?;
        let (username, key) = (holder.username.as_deref(), license.key.as_deref());
        match exemptions.exempts(&holder.org, &holder.user_id, username, key, self.today) {
            Exempt::Yes(exemption) => {
                let (until, line) = (exemption.expires_on, exemption.file_line);
                Some(format!("exempt until {until} (line {line} of the exemptions)").into())
            }
            Exempt::No | Exempt::Expired(_) => None,
        }
    }

    fn activity_reason(&self, user: &UserFacts) -> Rc<str> {
        if user.is_read {
            self.logins.reason(user.activity).into()
        } else {
            "the user's record was not read".into()
        }
    }

    fn told(&self, verdict: Verdict, user: &UserFacts, exempted: Option<Rc<str>>) -> Option<Rc<str>> {
        match verdict {
            Verdict::Exempt => exempted,
            Verdict::Reclaimable(Class::Leaver) => user.leaving.clone(),
            Verdict::Reclaimable(Class::Never | Class::Inactive) | Verdict::Unknown => {
                Some(Rc::clone(user.activity_reason.get_or_init(|| self.activity_reason(user))))
            }
            Verdict::Kept(_) | Verdict::Reclaimable(_) => None,
        }
    }
}

/// How the list of people says that the person is gone.
fn leaving(employment: Employment<'_>, is_absent: bool) -> Option<Rc<str>> {
    match employment {
        Employment::Left(person) => {
            let on = person.left_on.map(|day| format!(" after {day}")).unwrap_or_default();
            Some(format!("left{on} (line {} of the list of people)", person.file_line).into())
        }
        _ => is_absent.then(|| "absent from the complete list of people".into()),
    }
}

/// Marks the seats that a person holds twice, and gives for each, by its place, the user whose seat is kept.
fn mark_duplicates(
    persons: &Persons,
    users: &[Rc<Holder>],
    seats: &mut [Facts<'_>],
) -> HashMap<usize, Rc<Holder>> {
    let mut accounts: Vec<_> = users
        .iter()
        .filter_map(|user| Some(((persons.person_of(&user.org, &user.user_id)?, &*user.org), user)))
        .collect();
    accounts.sort_by_key(|(person_in_org, _)| *person_in_org);
    let several = accounts.chunk_by(|(one, _), (other, _)| one == other).filter(|users| users.len() > 1);
    let person_of: HashMap<*const Holder, PersonNumber> =
        several.flatten().map(|((person, _), user)| (Rc::as_ptr(user), *person)).collect();
    let mut held: HashMap<(PersonNumber, *const HeldLicense), Vec<usize>> = HashMap::new();
    for (place, Facts { seat, .. }) in seats.iter().enumerate() {
        if let Some(person) = person_of.get(&Rc::as_ptr(&seat.holder)) {
            // A license belongs to one org, and all its seats share it.
            held.entry((*person, Rc::as_ptr(&seat.license))).or_default().push(place);
        }
    }
    let mut kept_users = HashMap::new();
    for places in held.into_values().filter(|places| places.len() > 1) {
        let rival = |place: &usize| Rival {
            user_id: &seats[*place].seat.holder.user_id,
            facts: seats[*place].facts,
            last_any: seats[*place].user.last_any,
        };
        let rivals: Vec<_> = places.iter().map(rival).collect();
        let Some(kept) = kept_of_rivals(&rivals).map(|place| places[place]) else { continue };
        for place in places.into_iter().filter(|place| *place != kept) {
            seats[place].facts.is_duplicate = true;
            kept_users.insert(place, Rc::clone(&seats[kept].seat.holder));
        }
    }
    kept_users
}
