//! Fits the columns of a table into the width of a terminal.

/// What a column needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Need {
    /// Characters of its longest cell or its heading.
    pub(super) full: u16,
    /// Characters below which it is hard to read; what is longer is wrapped.
    pub(super) least: u16,
    /// Characters below which it says nothing any more.
    pub(super) tightest: u16,
    /// How much a row loses without it.
    pub(super) standing: Standing,
}

/// How much a row loses without a column; the lower go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// More about a person whom the row names anyhow.
    PersonalText,
    /// What describes.
    Text,
    /// A number beside those that are asked for.
    Number,
    /// An amount of money.
    Money,
    /// What all amounts of the row are counted in: it goes after them.
    Currency,
    /// A part of what tells rows apart.
    Key,
    /// It never goes.
    Stays,
}

/// The widths of the columns that there is room for, with `gap` characters after each but the last; `None` for a column
/// that has to go. Long texts are wrapped first; then those of the lowest standing go, of equals the last.
pub(super) fn fit(needs: &[Need], gap: u16, room: u16) -> Vec<Option<u16>> {
    let room = u32::from(room) + u32::from(gap);
    let taken =
        |widths: &[Option<u16>]| widths.iter().flatten().map(|width| u32::from(width + gap)).sum::<u32>();
    let mut widths: Vec<_> = needs.iter().map(|need| Some(need.full)).collect();
    if taken(&widths) <= room {
        return widths;
    }
    for (width, need) in widths.iter_mut().zip(needs) {
        *width = Some(need.least.min(need.full));
    }
    for place in leaving_order(needs) {
        if taken(&widths) > room {
            widths[place] = None;
        }
    }
    if taken(&widths) > room {
        for (width, need) in widths.iter_mut().zip(needs) {
            *width = width.map(|width| width.min(need.tightest));
        }
    }
    for place in 0..needs.len() {
        let spare = u16::try_from(room.saturating_sub(taken(&widths))).unwrap_or(u16::MAX);
        if let Some(width) = &mut widths[place] {
            *width += spare.min(needs[place].full - *width);
        }
    }
    widths
}

/// The columns that may go, first the one that is missed least.
fn leaving_order(needs: &[Need]) -> Vec<usize> {
    let mut order: Vec<_> =
        (0..needs.len()).rev().filter(|place| needs[*place].standing != Standing::Stays).collect();
    order.sort_by_key(|place| needs[*place].standing);
    order
}

#[cfg(test)]
mod tests {
    use super::Standing::{Currency, Money, Number, PersonalText, Stays, Text};
    use super::*;

    fn check(needs: &[(u16, u16, Standing)], room: u16, expected: &[Option<u16>]) {
        let need = |&(full, least, standing): &(u16, u16, Standing)| {
            let tightest = least.min(12);
            Need { full, least, tightest, standing }
        };
        let needs: Vec<_> = needs.iter().map(need).collect();
        assert_eq!(fit(&needs, 2, room), expected, "{needs:?} in {room}");
    }

    #[test]
    fn columns_keep_their_width_then_wrap_then_go() {
        let needs = [(10, 10, Stays), (30, 20, Stays), (8, 8, Number), (8, 8, Number)];
        check(&needs, 62, &[Some(10), Some(30), Some(8), Some(8)]);
        check(&needs, 61, &[Some(10), Some(29), Some(8), Some(8)]);
        check(&needs, 52, &[Some(10), Some(20), Some(8), Some(8)]);
        check(&needs, 51, &[Some(10), Some(29), Some(8), None]);
        check(&needs, 33, &[Some(10), Some(21), None, None]);
        check(&needs, 31, &[Some(10), Some(19), None, None]);
        check(&needs, 5, &[Some(10), Some(12), None, None]);
        check(&[], 80, &[]);
    }

    #[test]
    fn what_is_missed_least_goes_first_wherever_it_stands() {
        let needs = [(8, 8, Stays), (8, 8, PersonalText), (8, 8, Text), (8, 8, Money), (3, 3, Currency)];
        check(&needs, 43, &[Some(8), Some(8), Some(8), Some(8), Some(3)]);
        check(&needs, 42, &[Some(8), None, Some(8), Some(8), Some(3)]);
        check(&needs, 32, &[Some(8), None, None, Some(8), Some(3)]);
        check(&needs, 22, &[Some(8), None, None, None, Some(3)]);
        check(&needs, 12, &[Some(8), None, None, None, None]);
    }
}
