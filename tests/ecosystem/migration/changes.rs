//! The changes between a program for another channel and the same program for this channel.

/// A text that is replaced everywhere in the program.
pub(crate) struct Change {
    /// The beginning of the row of `docs/migration.md` that describes the change.
    pub(crate) row: &'static str,
    pub(crate) before: &'static str,
    pub(crate) after: &'static str,
}

/// Checks that `changes` turn `before` into `after`, and that the guide describes all of them.
pub(crate) fn check(before: &str, after: &str, changes: &[Change]) {
    let guide = include_str!("../../../docs/migration.md");
    let mut changed = before.to_string();
    for change in changes {
        assert!(
            guide.contains(change.row),
            "not in the guide: {}",
            change.row
        );
        assert!(
            changed.contains(change.before),
            "not in the program: {}",
            change.before
        );
        changed = changed.replace(change.before, change.after);
    }
    for (line, (changed, after)) in changed.lines().zip(after.lines()).enumerate() {
        assert_eq!(changed, after, "line {} has an unlisted change", line + 1);
    }
    assert_eq!(changed, after);
}
