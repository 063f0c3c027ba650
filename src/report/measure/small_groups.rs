//! Which counts of people must not be told, because a group is so small that its count speaks of persons.

/// Marks the counts to leave out: those from 1 to below `smallest`, and as many others as it takes that nobody can work
/// them out from the sum of all. `None` when even then the sum would tell, so that it has to be left out too.
///
/// Complementary suppression: at least two counts are left out, together at least `smallest`; the smallest of the
/// others go first, the earlier of equals. Zero tells of nobody and stays.
pub fn left_out(counts: &[Option<i64>], smallest: i64) -> Option<Vec<bool>> {
    let is_small = |count: &Option<i64>| count.is_some_and(|count| count > 0 && count < smallest);
    let mut marks: Vec<bool> = counts.iter().map(is_small).collect();
    if !marks.contains(&true) {
        return Some(marks);
    }
    let mut others: Vec<_> = counts
        .iter()
        .enumerate()
        .filter_map(|(place, count)| count.filter(|count| *count >= smallest).map(|count| (count, place)))
        .collect();
    others.sort_unstable();
    let mut others = others.into_iter();
    loop {
        let hidden = || counts.iter().zip(&marks).filter(|(_, mark)| **mark).filter_map(|(count, _)| *count);
        if hidden().count() >= 2 && hidden().sum::<i64>() >= smallest {
            return Some(marks);
        }
        marks[others.next()?.1] = true;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn small_groups_take_others_with_them() {
        for (counts, expected) in [
            (vec![7, 9, 12], Some(vec![false, false, false])),
            (vec![0, 9, 12], Some(vec![false, false, false])),
            (vec![3, 9, 12], Some(vec![true, true, false])),
            (vec![3, 4, 12], Some(vec![true, true, false])),
            (vec![1, 1, 12, 8], Some(vec![true, true, false, true])),
            (vec![3, 0], None),
            (vec![2, 2], None),
            (vec![], Some(vec![])),
        ] {
            let counts: Vec<_> = counts.into_iter().map(Some).collect();
            assert_eq!(left_out(&counts, 5), expected, "{counts:?}");
        }
        assert_eq!(
            left_out(&[None, Some(3), Some(6)], 5),
            Some(vec![false, true, true]),
            "unknown is no count"
        );
    }

    proptest! {
        #[test]
        fn what_is_left_out_cannot_be_worked_out(counts in proptest::collection::vec(0_i64..30, 0..12), smallest in 2_i64..8) {
            let counts: Vec<_> = counts.into_iter().map(Some).collect();
            let Some(marks) = left_out(&counts, smallest) else { return Ok(()) };
            let hidden: Vec<_> = counts.iter().zip(&marks).filter(|(_, mark)| **mark).filter_map(|(count, _)| *count).collect();
            prop_assert!(hidden.is_empty() || hidden.len() >= 2 && hidden.iter().sum::<i64>() >= smallest);
            for (count, mark) in counts.iter().zip(&marks) {
                prop_assert!(*mark || count.unwrap() == 0 || count.unwrap() >= smallest);
            }
        }
    }
}
