//! Data in folders that the server's own user cannot reach, as below `/root` or `mktemp -d`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Result;
use devstack::Postgres;
use tempfile::TempDir;

use crate::support::{ask, is_root, options};

/// As `mktemp -d` makes them: its owner's alone.
fn closed_folder() -> Result<TempDir> {
    Ok(tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o700)).tempdir()?)
}

/// Removes what the server keeps outside the test's folder.
struct Elsewhere(PathBuf);

impl Elsewhere {
    fn of(data: &Path) -> Self {
        Self(data.parent().expect("a data folder of ours has a parent").to_owned())
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_closed_parent_folder_is_no_obstacle() -> Result<()> {
    let folder = closed_folder()?;
    let asked = folder.path().join("below/data");
    let options = options(&asked);

    let first = Postgres::start(&options)?;
    let data = first.data_dir().to_owned();
    let elsewhere = is_root().then(|| Elsewhere::of(&data));
    assert_eq!(asked.canonicalize()?, data.canonicalize()?);
    assert_eq!(asked.is_symlink(), is_root(), "only root's server runs as somebody else");
    ask(&first.url("postgres"), "CREATE TABLE kept ()")?;
    first.stop()?;
    assert!(folder.path().join("below/data.log").is_file());

    let second = Postgres::start(&options)?;
    assert_eq!(second.data_dir(), data);
    assert_eq!(ask(&second.url("postgres"), "SELECT count(*) FROM kept")?, "0");
    second.stop()?;

    // Who removes the folder starts afresh.
    let removed = if is_root() { fs::remove_file(&asked) } else { fs::remove_dir_all(&asked) };
    removed?;
    let third = Postgres::start(&options)?;
    let other = is_root().then(|| Elsewhere::of(third.data_dir()));
    assert!(ask(&third.url("postgres"), "SELECT count(*) FROM kept").is_err());
    drop(third);
    drop((elsewhere, other));
    Ok(())
}

#[test]
fn a_link_whose_data_is_gone_starts_afresh() -> Result<()> {
    if !is_root() {
        return Ok(());
    }
    let folder = closed_folder()?;
    let options = options(&folder.path().join("data"));
    let first = Postgres::start(&options)?;
    let gone = Elsewhere::of(first.data_dir());
    first.stop()?;
    drop(gone);

    let second = Postgres::start(&options)?;
    let elsewhere = Elsewhere::of(second.data_dir());
    assert_eq!(ask(&second.url("postgres"), "SELECT 1")?, "1");
    drop(second);
    drop(elsewhere);
    Ok(())
}
