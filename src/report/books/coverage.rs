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
    /// The ids of the lines.
    pub line_ids: Vec<&'a str>,
}

impl Contracts {
    /// How the lines of each license follow on each other, by org, kind and license.
    pub fn coverage(&self) -> Vec<Coverage<'_>> {
        let mut licenses: BTreeMap<_, Vec<&ContractLine>> = BTreeMap::new();
        for line in &self.lines {
            let license = (line.org.as_str(), line.kind.as_str(), line.license_key.as_str());
            licenses.entry(license).or_default().push(line);
        }
        let coverage = licenses.into_iter().map(|((org, kind, license_key), lines)| {
            let (gaps, overlaps) = follow(&lines);
            Coverage { org, kind, license_key, gaps, overlaps }
        });
        coverage.collect()
    }
}

/// Between two neighboring starts or ends, the same lines hold on every day.
fn follow<'a>(lines: &[&'a ContractLine]) -> (Vec<(Date, Date)>, Vec<Overlap<'a>>) {
    let turns: BTreeSet<_> = lines.iter().flat_map(|line| [line.starts_on, line.ends_on]).collect();
    let (mut gaps, mut overlaps) = (Vec::new(), Vec::new());
    for (from, to) in turns.iter().copied().zip(turns.iter().copied().skip(1)) {
        let holding = lines.iter().filter(|line| line.holds_on(from));
        let line_ids: Vec<_> = holding.map(|line| line.line_id.as_str()).collect();
        match line_ids.len() {
            0 => gaps.push((from, to)),
            1 => {}
            _ => overlaps.push(Overlap { from, to, line_ids }),
        }
    }
    (gaps, overlaps)
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
        let overlap = Overlap { from: day("2026-03-01"), to: day("2026-06-01"), line_ids: vec!["1", "2"] };
        assert_eq!(sfdc.overlaps, [overlap]);
    }
}
