//! For how long a license is under contract: where its lines leave a gap, and where several hold at once.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::contracts::{ContractLine, Contracts};

/// The terms of all lines of one license, seen together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage<'a> {
    /// Short name of the org.
    pub org: &'a str,
    /// Kind of the license.
    pub kind: &'a str,
    /// Key of the license.
    pub license_key: &'a str,
    /// From the first day to the first day after, between two terms: the license is unpriced.
    pub gaps: Vec<(Date, Date)>,
    /// Where several lines hold: their seats add up.
    pub overlaps: Vec<Overlap<'a>>,
}

/// A stretch of time in which several lines of a license hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlap<'a> {
    /// First day.
    pub from: Date,
    /// First day after.
    pub to: Date,
    /// How many.
    pub lines: usize,
    /// The ids of the first of them, at most [`Overlap::MOST_NAMED`].
    pub line_ids: Vec<&'a str>,
}

impl Overlap<'_> {
    /// Nobody reads more, and a long file would name all of its lines on each of its days.
    pub const MOST_NAMED: usize = 20;
}

impl Contracts {
    /// How the lines of each license follow on each other, by org, kind and license.
    pub fn coverage(&self) -> Vec<Coverage<'_>> {
        let coverage = self.by_license().map(|lines| {
            let (org, kind, license_key) = lines[0].license();
            let (gaps, overlaps) = follow(lines);
            Coverage { org, kind, license_key, gaps, overlaps }
        });
        coverage.collect()
    }
}

/// Between two neighboring starts or ends, the same lines hold on every day.
fn follow(lines: &[ContractLine]) -> (Vec<(Date, Date)>, Vec<Overlap<'_>>) {
    let mut turns: BTreeMap<Date, Turn> = BTreeMap::new();
    for (place, line) in lines.iter().enumerate() {
        turns.entry(line.starts_on).or_default().beginning.push(place);
        turns.entry(line.ends_on).or_default().ending.push(place);
    }
    let (mut gaps, mut overlaps) = (Vec::new(), Vec::new());
    let mut holding: BTreeSet<usize> = BTreeSet::new();
    let ends = turns.keys().copied().skip(1);
    for ((from, turn), to) in turns.iter().map(|(day, turn)| (*day, turn)).zip(ends) {
        turn.ending.iter().for_each(|place| _ = holding.remove(place));
        holding.extend(&turn.beginning);
        match holding.len() {
            0 => gaps.push((from, to)),
            1 => {}
            count => {
                let named = holding.iter().take(Overlap::MOST_NAMED);
                let line_ids = named.map(|place| lines[*place].line_id.as_str()).collect();
                overlaps.push(Overlap { from, to, lines: count, line_ids });
            }
        }
    }
    (gaps, overlaps)
}

/// The places of the lines whose terms begin and end on one day.
#[derive(Default)]
struct Turn {
    beginning: Vec<usize>,
    ending: Vec<usize>,
}
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_and_overlaps_are_found_between_the_first_and_the_last_day() {
        let file = "\
line_id,org,kind,license_key,quantity,price,price_period,currency,starts_on,ends_on,recorded_at
1,acme,user,SFDC,1,1,month,EUR,2026-01-01,2026-06-01,2026-01-01
2,acme,user,SFDC,1,1,month,EUR,2026-03-01,2026-07-01,2026-01-01
3,acme,user,SFDC,1,1,month,EUR,2026-08-01,2027-01-01,2026-01-01
1,acme,user,AUL,1,1,month,EUR,2026-01-01,2026-06-01,2026-01-01
1,acme,user,AUL,1,1,month,EUR,2026-06-01,2027-01-01,2026-01-01
";
        let contracts = Contracts::parse(file, &["acme"]).unwrap();
        let day = |text: &str| text.parse::<Date>().unwrap();
        let [aul, sfdc] = contracts.coverage().try_into().unwrap();
        assert_eq!((aul.license_key, aul.gaps, aul.overlaps), ("AUL", Vec::new(), Vec::new()));
        assert_eq!(sfdc.gaps, [(day("2026-07-01"), day("2026-08-01"))]);
        let overlap =
            Overlap { from: day("2026-03-01"), to: day("2026-06-01"), lines: 2, line_ids: vec!["1", "2"] };
        assert_eq!(sfdc.overlaps, [overlap]);
    }

    #[test]
    fn of_many_lines_that_overlap_the_first_are_named() {
        let rows = (100..130).map(|id| {
            format!("{id},acme,user,SFDC,1,1,month,EUR,2026-01-01,2026-{}-01,2026-01-01\n", 4 + id % 2)
        });
        let header = "line_id,org,kind,license_key,quantity,price,price_period,currency,starts_on,ends_on,recorded_at\n";
        let file: String = std::iter::once(header.to_owned()).chain(rows).collect();
        let file = file.replace("-4-", "-04-").replace("-5-", "-05-");
        let contracts = Contracts::parse(&file, &["acme"]).unwrap();
        let [license] = contracts.coverage().try_into().unwrap();
        let [all, odd] = license.overlaps.try_into().unwrap();
        assert_eq!((all.lines, all.line_ids.len(), all.line_ids[19]), (30, 20, "119"));
        assert_eq!((odd.lines, odd.line_ids.len(), odd.line_ids[0]), (15, 15, "101"));
    }
}
