//! Where PostgreSQL's programs are on this machine.
//!
//! Owns the search. Installs nothing: that is `cargo xtask setup`'s part.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

/// What a folder must hold to count.
const PROGRAMS: [&str; 4] = ["postgres", "initdb", "psql", "createdb"];

/// Folders with one subfolder for each major version.
const DEBIAN: &str = "/usr/lib/postgresql";
const HOMEBREW: [&str; 2] = ["/opt/homebrew/opt", "/usr/local/opt"];

/// The folder with the server's programs: `PG_BIN` when it is set, else what `pg_config` names, else the newest of
/// Debian's packages, else Homebrew's, else the search path.
pub(crate) fn find() -> Result<PathBuf> {
    if let Some(folder) = chosen()? {
        return Ok(folder);
    }
    match candidates().into_iter().find(|folder| is_complete(folder)) {
        Some(folder) => Ok(folder),
        None => bail!(
            "no PostgreSQL server programs found ({}): install them (on Debian `apt-get install postgresql`, \
             or `cargo xtask setup`), or set PG_BIN to their folder",
            PROGRAMS.join(", ")
        ),
    }
}

/// As [`find`], but an existing data folder is opened by the major version that made it, where that is installed.
pub(crate) fn find_for(data: &Path) -> Result<PathBuf> {
    if let Some(folder) = chosen()? {
        return Ok(folder);
    }
    if let Ok(version) = fs::read_to_string(data.join("PG_VERSION")) {
        let version = version.trim();
        let mut same = vec![Path::new(DEBIAN).join(version).join("bin")];
        same.extend(HOMEBREW.map(|base| Path::new(base).join(format!("postgresql@{version}")).join("bin")));
        if let Some(folder) = same.into_iter().find(|folder| is_complete(folder)) {
            return Ok(folder);
        }
    }
    find()
}

/// `PG_BIN`, which is an order and not a hint: a wrong one is an error.
fn chosen() -> Result<Option<PathBuf>> {
    let Some(folder) = env::var_os("PG_BIN").filter(|value| !value.is_empty()).map(PathBuf::from) else {
        return Ok(None);
    };
    if !is_complete(&folder) {
        bail!("PG_BIN is {}, which lacks one of {}", folder.display(), PROGRAMS.join(", "));
    }
    Ok(Some(folder))
}

fn candidates() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    folders.extend(pg_config());
    folders.extend(versions(Path::new(DEBIAN), ""));
    for base in HOMEBREW {
        folders.extend(versions(Path::new(base), "postgresql@"));
    }
    if let Some(path) = env::var_os("PATH") {
        folders.extend(env::split_paths(&path));
    }
    folders
}

/// On Debian this is the newest version's folder even where only the client's library is installed.
fn pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").stderr(Stdio::null()).output().ok()?;
    let folder = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| PathBuf::from(folder.trim()))
}

/// The `bin` folders of `base/<prefix><major>`, newest first.
fn versions(base: &Path, prefix: &str) -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir(base)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((major(&entry.file_name(), prefix)?, entry.path().join("bin"))))
        .collect();
    found.sort_by_key(|(major, _)| std::cmp::Reverse(*major));
    found.into_iter().map(|(_, folder)| folder).collect()
}

fn major(name: &OsStr, prefix: &str) -> Option<u32> {
    name.to_str()?.strip_prefix(prefix)?.split('.').next()?.parse().ok()
}

fn is_complete(folder: &Path) -> bool {
    PROGRAMS.iter().all(|program| folder.join(program).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newest_version_comes_first_by_number() -> Result<()> {
        let base = tempfile::tempdir()?;
        for name in ["9.6", "15", "16", "lib"] {
            fs::create_dir(base.path().join(name))?;
        }
        let names: Vec<_> = versions(base.path(), "")
            .iter()
            .filter_map(|folder| Some(folder.parent()?.file_name()?.to_str()?.to_owned()))
            .collect();
        assert_eq!(names, ["16", "15", "9.6"]);
        Ok(())
    }

    #[test]
    fn homebrew_names_carry_a_prefix() {
        assert_eq!(major(OsStr::new("postgresql@17"), "postgresql@"), Some(17));
        assert_eq!(major(OsStr::new("openssl@3"), "postgresql@"), None);
    }
}
