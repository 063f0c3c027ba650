//! A run that is killed at any moment leaves the old state or the new one, in a database that is sound, and the next run
//! ends well. `SEATLEDGER_KILLS` asks for more than the usual number of kills.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::site::Site;
use crate::support::Ran;

/// Kills of an ordinary run of the tests.
const KILLS: u32 = 20;

/// A program for this much longer than usual is not killed but over.
const SLACK: f64 = 1.1;

/// A site whose users change their titles together.
struct Office {
    site: Site,
    people: Vec<String>,
}

impl Office {
    fn promote(&self, title: &str) {
        for person in &self.people {
            self.site.server.set_field("User", person, "Title", &json!(title)).unwrap();
        }
        // An object that is read beside them.
        let role = &self.site.rows("SELECT max(id) FROM user_role_now")[0][0];
        self.site.server.set_field("UserRole", role.as_deref().unwrap(), "Name", &json!(title)).unwrap();
    }

    /// The titles of the people, and the name of the role: one each, in a database that is sound.
    fn titles(&self) -> (String, String) {
        let one = |sql: &str| {
            let rows = self.site.rows(sql);
            assert_eq!(rows.len(), 1, "a mixture: {rows:?}");
            rows[0][0].clone().unwrap_or_default()
        };
        assert_eq!(one("PRAGMA integrity_check"), "ok");
        assert_eq!(self.site.rows("PRAGMA foreign_key_check"), Vec::<Vec<Option<String>>>::new());
        let people = self.people.join("', '");
        (
            one(&format!("SELECT DISTINCT title FROM users WHERE user_id IN ('{people}')")),
            one("SELECT name FROM user_role_now ORDER BY id DESC LIMIT 1"),
        )
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the count is what `--nocapture` asks for")]
fn a_killed_run_leaves_the_old_state_or_the_new() {
    #[expect(clippy::disallowed_methods, reason = "how long to go on is said from outside")]
    let kills = std::env::var("SEATLEDGER_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let site = Site::new(600);
    site.server.set_largest_page(100);
    site.configure("login_history_days = 2", "");
    site.run(&["collect"]).exits(0);
    let people = "SELECT user_id FROM users WHERE user_type = 'Standard' ORDER BY user_id";
    let people = site.rows(people).into_iter().flatten().flatten().collect();
    let office = Office { site, people };

    let began = Instant::now();
    office.promote("begun");
    office.site.run(&["collect"]).exits(0);
    let usual = began.elapsed().mul_f64(SLACK);
    let mut random = fastrand::Rng::with_seed(20_261_121);
    let (mut old, mut new, mut over) = (0, 0, 0);
    for kill in 0..kills {
        office.site.later(1);
        let (before, after) = (office.titles(), format!("promoted {kill}"));
        office.promote(&after);
        let mut run =
            office.site.command(&["collect"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait(usual.mul_f64(random.f64()));
        over += u32::from(run.try_wait().unwrap().is_some());
        run.kill().unwrap();
        run.wait().unwrap();

        let found = office.titles();
        let whole = (after.clone(), after);
        assert!(found == before || found == whole, "{found:?} after {before:?}, kill {kill}");
        (old, new) = (old + u32::from(found == before), new + u32::from(found == whole));

        let arguments = &["collect"];
        Ran::of(arguments, office.site.command(arguments).output().unwrap()).exits(0);
        assert_eq!(office.titles(), whole);
    }
    println!(
        "{kills} kills, {over} of them too late: {old} left the old state, {new} the new; all databases sound"
    );
    assert!(old > 0 && over < kills);
}

#[expect(clippy::disallowed_methods, reason = "a kill comes at some time and not when asked for")]
fn wait(pause: Duration) {
    std::thread::sleep(pause);
}
