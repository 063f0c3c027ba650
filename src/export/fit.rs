//! Fits the columns of a table into the width of a terminal.

/// What a column needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Need {
    /// Characters of its longest cell or its heading.
    pub(super) full: u16,
    /// Characters below which it says nothing any more; what is longer is wrapped.
    pub(super) least: u16,
    /// Whether a row says nothing without it.
    pub(super) must_stay: bool,
}

/// The widths of the columns that there is room for, with `gap` characters after each but the last; `None` for a column
/// that has to go. The last ones go first.
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
    for place in (0..needs.len()).rev() {
        if taken(&widths) > room && !needs[place].must_stay {
            widths[place] = None;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn check(needs: &[(u16, u16, bool)], room: u16, expected: &[Option<u16>]) {
        let needs: Vec<_> =
            needs.iter().map(|&(full, least, must_stay)| Need { full, least, must_stay }).collect();
        assert_eq!(fit(&needs, 2, room), expected, "{needs:?} in {room}");
    }

    #[test]
    fn columns_keep_their_width_then_wrap_then_go() {
        let needs = [(10, 10, true), (30, 20, true), (8, 8, false), (8, 8, false)];
        check(&needs, 62, &[Some(10), Some(30), Some(8), Some(8)]);
        check(&needs, 61, &[Some(10), Some(29), Some(8), Some(8)]);
        check(&needs, 52, &[Some(10), Some(20), Some(8), Some(8)]);
        check(&needs, 51, &[Some(10), Some(29), Some(8), None]);
        check(&needs, 33, &[Some(10), Some(21), None, None]);
        check(&needs, 5, &[Some(10), Some(20), None, None]);
        check(&[], 80, &[]);
    }
}
