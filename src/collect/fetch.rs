//! Reading pages with several requests in flight, handed to the one thread that writes.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Instant;

use crate::salesforce::{Column, Error, NextPage, Page, Session};

/// How many queries are read side by side: more than there are requests in flight, so that while some hand over the page
/// they have, the others keep every request busy.
pub(super) const fn workers(concurrency: usize) -> usize {
    concurrency + concurrency.div_ceil(4)
}

/// Records per page: the most that Salesforce gives (Salesforce, "Query Options Header").
pub(super) const PAGE_SIZE: u16 = 2_000;

/// One query to read to its end.
pub(super) struct Task<'a> {
    /// The object's API name.
    pub(super) name: &'static str,
    /// Which object of the plan.
    pub(super) object: usize,
    /// Which of the object's queries.
    pub(super) query: usize,
    pub(super) soql: &'a str,
    pub(super) columns: &'a [Column],
    /// Where an earlier part of the run left off.
    pub(super) next: Option<NextPage>,
}

/// What happened to a task.
pub(super) enum Event {
    /// A page arrived after this many milliseconds.
    Page(Page, u64),
    /// The query failed.
    Failed(Error),
    /// Salesforce sent the page just read as the next one.
    Repeated,
}

/// What follows from an event.
pub(super) enum Then {
    GoOn,
    /// No further page of this object is of use.
    LeaveObject,
    /// Nothing further is asked of the session.
    Stop,
}

/// Reads all tasks, as many at a time as there are [`workers`], and hands each event to `handle` in this thread. Pages of one query come
/// in order.
pub(super) fn fetch(
    session: &Session,
    tasks: &[Task<'_>],
    concurrency: usize,
    mut handle: impl FnMut(&Task<'_>, Event) -> Then,
) {
    let queue = Mutex::new(0..tasks.len());
    let left: Vec<AtomicBool> = tasks.iter().map(|_| AtomicBool::new(false)).collect();
    let leave = |which: &dyn Fn(&Task<'_>) -> bool| {
        let tasks = tasks.iter().zip(&left).filter(|(task, _)| which(task));
        tasks.for_each(|(_, left)| left.store(true, Ordering::Relaxed));
    };
    // A worker that has a page waits with it in hand; more room would only grow the memory.
    let (sender, receiver) = sync_channel::<(usize, Event)>(0);
    let run = tracing::Span::current();
    std::thread::scope(|threads| {
        for _ in 0..workers(concurrency).min(tasks.len()) {
            let sender = sender.clone();
            let (queue, left, run) = (&queue, &left, &run);
            threads.spawn(move || {
                while let Some(index) = queue.lock().ok().and_then(|mut queue| queue.next()) {
                    let _span =
                        tracing::info_span!(parent: run, "object", object = tasks[index].name).entered();
                    read_query(session, index, &tasks[index], &sender, &left[index]);
                }
            });
        }
        drop(sender);
        for (index, event) in receiver {
            // What was left still empties into the channel, so that no worker waits for room in it.
            if left[index].load(Ordering::Relaxed) {
                continue;
            }
            match handle(&tasks[index], event) {
                Then::GoOn => {}
                Then::LeaveObject => leave(&|task| task.object == tasks[index].object),
                Then::Stop => {
                    leave(&|_| true);
                    session.hang_up();
                }
            }
        }
    });
}

fn read_query(
    session: &Session,
    index: usize,
    task: &Task<'_>,
    sender: &SyncSender<(usize, Event)>,
    left: &AtomicBool,
) {
    let mut next = task.next.clone();
    loop {
        if left.load(Ordering::Relaxed) {
            return;
        }
        let began = Instant::now();
        let answer = match &next {
            None => session.query(task.soql, task.columns, PAGE_SIZE),
            Some(page) => session.query_more(page, task.columns),
        };
        let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (event, following) = match answer {
            Err(error) => (Event::Failed(error), None),
            Ok(page) if page.next.is_some() && page.next == next => (Event::Repeated, None),
            Ok(page) => {
                let following = page.next.clone();
                (Event::Page(page, millis), following)
            }
        };
        if sender.send((index, event)).is_err() || following.is_none() {
            return;
        }
        next = following;
    }
}
