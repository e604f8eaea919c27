//! What changes between a program for another channel and the same one for this channel.

/// A text that is replaced wherever it is.
pub(crate) struct Change {
    /// The beginning of a row of `docs/migration.md`, which tells of it.
    pub(crate) row: &'static str,
    pub(crate) before: &'static str,
    pub(crate) after: &'static str,
}

/// Checks that `changes` make `after` of `before`, and that the guide has them all.
pub(crate) fn check(before: &str, after: &str, changes: &[Change]) {
    let guide = include_str!("../../docs/migration.md");
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
        assert_eq!(changed, after, "line {} changes otherwise", line + 1);
    }
    assert_eq!(changed, after);
}
