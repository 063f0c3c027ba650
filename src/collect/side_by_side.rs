//! Asking several questions at once, where each of them costs a way to Salesforce and back.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Puts `ask` to every item, `at_once` at a time, and returns the answers in the order of the items. After a failure
/// nothing further is asked.
///
/// # Errors
/// The first failure by the order of the items.
pub(super) fn side_by_side<Item, Answer, Failure>(
    items: &[Item],
    at_once: usize,
    ask: impl Fn(&Item) -> Result<Answer, Failure> + Sync,
) -> Result<Vec<Answer>, Failure>
where
    Item: Sync,
    Answer: Send,
    Failure: Send,
{
    let queue = Mutex::new(items.iter().enumerate());
    let answers = Mutex::new(Vec::with_capacity(items.len()));
    let failed = AtomicBool::new(false);
    let run = tracing::Span::current();
    std::thread::scope(|threads| {
        for _ in 0..at_once.min(items.len()) {
            threads.spawn(|| {
                let _span = run.enter();
                while let Some((index, item)) = queue.lock().ok().and_then(|mut queue| queue.next())
                    && !failed.load(Ordering::Relaxed)
                {
                    let answer = ask(item);
                    failed.fetch_or(answer.is_err(), Ordering::Relaxed);
                    if let Ok(mut answers) = answers.lock() {
                        answers.push((index, answer));
                    }
                }
            });
        }
    });
    let mut answers = answers.into_inner().unwrap_or_default();
    answers.sort_by_key(|(index, _)| *index);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[test]
    fn answers_come_in_the_order_of_the_questions() {
        let doubled = side_by_side(&[3, 1, 2], 2, |number| Ok::<_, ()>(number * 2));
        assert_eq!(doubled, Ok(vec![6, 2, 4]));
        assert_eq!(side_by_side(&[0; 0], 2, |number| Ok::<_, ()>(*number)), Ok(vec![]));
    }

    #[test]
    fn after_a_failure_nothing_is_asked() {
        let asked = AtomicUsize::new(0);
        let ask = |number: &i32| {
            asked.fetch_add(1, Ordering::Relaxed);
            if *number < 3 { Err(*number) } else { Ok(()) }
        };
        assert_eq!(side_by_side(&[7, 2, 1, 8, 9], 1, ask), Err(2));
        assert_eq!(asked.into_inner(), 2);
    }
}
