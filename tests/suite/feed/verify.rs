//! What `feed verify` finds besides damaged files: a manifest that says something else, and what an export did not write.

use std::os::unix::fs::symlink;

use super::{export, manifest, site};

#[test]
fn a_manifest_that_says_something_else_is_told() {
    let site = site(20);
    export(&site);
    let good = manifest(&site.home.path("feed"));
    let elsewhere = good["files"][1]["path"].clone();
    for (place, said) in [
        ("/as_of", "2025-11-21T03:00:00.000Z".into()),
        ("/complete", false.into()),
        ("/gaps", serde_json::json!(["nothing of note"])),
        ("/people", "pseudonyms".into()),
        ("/period/start", "2020-01-01".into()),
        ("/orgs/0/org", "labs".into()),
        ("/orgs/0/collected_at", "2025-11-21T03:00:00.000Z".into()),
        ("/tool/version", "9.9.9".into()),
        ("/schema/version", "1.9.9".into()),
        (
            "/previous",
            serde_json::json!({"generation": "0123456789abcdef", "manifest_sha256": "0".repeat(64)}),
        ),
        ("/files/0/media_type", "text/plain".into()),
        ("/generation", "0123456789abcdef".into()),
    ] {
        let mut changed = good.clone();
        let value = changed.pointer_mut(place).unwrap();
        assert_ne!(*value, said, "{place}");
        *value = said;
        site.home.write("feed/manifest.json", &changed.to_string());
        site.run(&["feed", "verify", "feed"])
            .exits(1)
            .says(&["the manifest is not what was exported", "is damaged"]);
    }
    let mut changed = good.clone();
    changed["signed_by"] = "nobody".into();
    site.home.write("feed/manifest.json", &changed.to_string());
    site.run(&["feed", "verify", "feed"]).exits(1).says(&["the manifest is not what was exported"]);

    let mut changed = good.clone();
    changed["files"][0]["path"] = elsewhere;
    site.home.write("feed/manifest.json", &changed.to_string());
    site.run(&["feed", "verify", "feed"]).exits(1).says(&["is not in the folder of the generation"]);

    // How it is laid out does not matter.
    site.home.write("feed/manifest.json", &good.to_string());
    site.run(&["feed", "verify", "feed"]).exits(0);
}

#[test]
fn what_an_export_did_not_write_is_told() {
    let site = site(20);
    export(&site);
    let folder = site.home.path("feed");
    let generation = manifest(&folder)["generation"].as_str().unwrap().to_owned();
    let users = folder.join("users.csv");
    let good = std::fs::read_to_string(&users).unwrap();
    let told = |sentence: &str| {
        site.run(&["feed", "verify", "feed"]).exits(1).says(&[sentence]);
    };

    let stray = folder.join(format!("generations/{generation}/more.csv"));
    std::fs::write(&stray, "").unwrap();
    told("/more.csv: the manifest does not name it");
    std::fs::remove_file(stray).unwrap();
    let stray = folder.join("more.csv");
    std::fs::write(&stray, "").unwrap();
    told("caused by: more.csv: the manifest does not name it; move it away");
    std::fs::remove_file(stray).unwrap();

    std::fs::remove_file(&users).unwrap();
    std::fs::write(&users, good.replacen("acme", "labs", 1)).unwrap();
    told(&format!(
        "users.csv in the folder itself: is not generations/{generation}/users.csv, to which it should be a link"
    ));
    // A copy that has files in place of the links is as good.
    std::fs::write(&users, &good).unwrap();
    site.run(&["feed", "verify", "feed"]).exits(0);

    std::fs::remove_file(&users).unwrap();
    symlink("current/licenses.csv", &users).unwrap();
    told("users.csv in the folder itself: is not");
    std::fs::remove_file(&users).unwrap();
    symlink("current/nothing.csv", &users).unwrap();
    told("users.csv in the folder itself: cannot be read");
    std::fs::remove_file(&users).unwrap();
    told("users.csv in the folder itself: is not there");
    std::fs::remove_file(folder.join("current")).unwrap();
    told("users.csv in the folder itself: is not there");

    // A copy by the manifest alone has no other names at all.
    let copy = site.home.path("copy");
    let home = format!("generations/{generation}");
    std::fs::create_dir_all(copy.join(&home)).unwrap();
    std::fs::copy(folder.join("manifest.json"), copy.join("manifest.json")).unwrap();
    for file in std::fs::read_dir(folder.join(&home)).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), copy.join(&home).join(file.file_name())).unwrap();
    }
    site.run(&["feed", "verify", "copy"]).exits(0);

    let outside = site.home.path("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("licenses.csv"), "").unwrap();
    symlink(&outside, folder.join("current")).unwrap();
    told("licenses.csv in the folder itself: is not");

    // The next export puts all of it right.
    export(&site);
    site.run(&["feed", "verify", "feed"]).exits(0);
}

#[test]
fn there_is_a_way_back_from_a_feed_that_cannot_be_read() {
    let site = site(20);
    export(&site);
    site.home.write("feed/manifest.json", "");
    for arguments in [&["feed", "verify", "feed"][..], &["export", "feed", "--identify"]] {
        let ran = site.run(arguments).exits(1).says(&[
            "feed/manifest.json, which is part of the feed there",
            "move the folder away and export again",
            "the corrections of closed months are lost",
        ]);
        assert!(!ran.stderr.contains("feed verify"), "it would point at itself: {}", ran.stderr);
    }
    std::fs::rename(site.home.path("feed"), site.home.path("damaged")).unwrap();
    export(&site);
    site.run(&["feed", "verify", "feed"]).exits(0);
}
