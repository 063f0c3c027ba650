//! The demo run again in its folder: what was edited there is kept.

use crate::support::Home;

#[test]
fn a_demo_run_again_keeps_what_was_edited() {
    let home = Home::new().with("SEATLEDGER_CLOCK", "2026-11-21T03:00:00Z");
    let demo = || home.run(&["demo", "--users", "50", "--out", "try"]).exits(0);
    let copies = || {
        let entries = std::fs::read_dir(home.path("try")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| name.contains(".bak")).collect();
        names.sort();
        names
    };
    demo();
    demo();
    assert_eq!(copies(), [""; 0], "nothing was edited");

    let edited = ["contracts.csv", "exemptions.csv", "people.csv", "seatledger.toml"];
    let edit = |mark: &str| {
        for name in edited {
            let path = format!("try/{name}");
            home.write(&path, &format!("{}# {mark}\n", home.read(&path)));
        }
    };
    edit("mine");
    let told = edited.map(|name| format!("try/{name}.bak"));
    demo().says(&told.each_ref().map(String::as_str)).says(&["was written anew"]);
    edit("mine again");
    demo();
    for name in edited {
        assert!(!home.read(&format!("try/{name}")).contains("mine"), "{name}");
        assert!(home.read(&format!("try/{name}.bak")).ends_with("# mine\n"), "{name}");
        assert!(home.read(&format!("try/{name}.bak2")).ends_with("# mine again\n"), "{name}");
    }
    assert_eq!(copies().len(), 2 * edited.len());
}
