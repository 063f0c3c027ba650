//! Where a feed may begin: nothing that no export wrote is replaced.

use std::os::unix::fs::symlink;

use super::{export, site};

#[test]
fn what_no_export_wrote_is_never_replaced() {
    let site = site(20);
    let outside = site.home.path("outside");
    std::fs::create_dir(&outside).unwrap();
    for name in [
        "users.csv",
        "users.parquet",
        "focus-cost-and-usage.csv",
        "focus-metadata.json",
        "datapackage.json",
        "manifest.schema.json",
        "seatledger.prom",
        "current",
        "generations",
        ".aside",
        "generations/precious.txt",
        ".aside/precious.txt",
    ] {
        let folder = site.home.path("mine");
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "important").unwrap();
        let first = name.split('/').next().unwrap();
        site.run(&["export", "mine", "--identify"]).exits(2).says(&[
            &format!("mine/{first}, which no export wrote"),
            "choose an empty folder, or move it away",
        ]);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "important", "{name}");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "{name}: nothing was written");
        std::fs::remove_dir_all(&folder).unwrap();
    }
    for name in ["users.csv", "current", "generations", "manifest.json", ".aside"] {
        let folder = site.home.path("linked");
        std::fs::create_dir(&folder).unwrap();
        // The manifest's link leads to nothing, or it would be read.
        let target = outside.join(if name == "manifest.json" { "nothing" } else { "" });
        symlink(&target, folder.join(name)).unwrap();
        site.run(&["export", "linked", "--identify"])
            .exits(2)
            .says(&[&format!("linked/{name}, which no export wrote")]);
        assert_eq!(std::fs::read_link(folder.join(name)).unwrap(), target, "{name}");
        assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0, "{name}: nothing was written outside");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

#[test]
fn a_first_export_that_was_killed_is_begun_again() {
    let site = site(20);
    export(&site);
    let folder = site.home.path("feed");
    std::fs::remove_file(folder.join("manifest.json")).unwrap();
    std::fs::create_dir(folder.join(".aside")).unwrap();
    std::fs::write(folder.join(".aside/.tmpAbCdEf"), "half").unwrap();
    symlink("current/users.csv", folder.join(".aside/users.csv")).unwrap();
    // An export leaves other names alone, and a receiver is told of them.
    std::fs::write(folder.join("notes.txt"), "mine").unwrap();
    export(&site);
    site.run(&["feed", "verify", "feed"]).exits(1).says(&["notes.txt: the manifest does not name it"]);
    assert_eq!(site.home.read("feed/notes.txt"), "mine");
    std::fs::remove_file(folder.join("notes.txt")).unwrap();
    site.run(&["feed", "verify", "feed"]).exits(0).prints(&["is whole"]);
}
