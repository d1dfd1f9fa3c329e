//! A server does what its options say, and says what is wrong with them.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::TcpListener;

use anyhow::Result;
use devstack::{Postgres, PostgresOptions, scratch_folder};

use crate::support::{ask, eventually, options};

#[test]
fn answers_on_localhost_only() -> Result<()> {
    let folder = scratch_folder()?;
    let postgres = Postgres::start(&options(&folder.path().join("data")))?;

    let url = postgres.url("postgres");
    assert_eq!(url, format!("postgres://silkcart@127.0.0.1:{}/postgres", postgres.port()));
    assert_eq!(ask(&url, "SELECT 1")?, "1");
    assert_eq!(ask(&url, "SHOW listen_addresses")?, "127.0.0.1");
    assert_eq!(ask(&url, "SHOW unix_socket_directories")?, "");
    assert_eq!(ask(&url, "SHOW server_encoding")?, "UTF8");
    assert_eq!(ask(&url, "SELECT upper('straße é')")?, "STRASSE É".replace("SS", "ß"));
    assert_eq!(ask(&url, "SHOW fsync")?, "off");
    postgres.stop()
}

#[test]
fn keeps_data_over_a_restart() -> Result<()> {
    let folder = scratch_folder()?;
    let options = PostgresOptions { durable: true, ..options(&folder.path().join("data")) };

    let first = Postgres::start(&options)?;
    first.create_database_if_missing("shop")?;
    assert_eq!(ask(&first.url("shop"), "SHOW fsync")?, "on");
    ask(&first.url("shop"), "CREATE TABLE kept AS SELECT 42 AS answer")?;
    first.stop()?;

    let second = Postgres::start(&options)?;
    second.create_database_if_missing("shop")?;
    assert_eq!(ask(&second.url("shop"), "SELECT answer FROM kept")?, "42");
    Ok(())
}

#[test]
fn names_of_databases_are_not_read_as_options() -> Result<()> {
    let folder = scratch_folder()?;
    let postgres = Postgres::start(&options(&folder.path().join("data")))?;
    postgres.create_database_if_missing("--a \"b\"")?;
    let names = ask(&postgres.url("postgres"), "SELECT datname FROM pg_database ORDER BY oid DESC LIMIT 1")?;
    assert_eq!(names, "--a \"b\"");
    Ok(())
}

#[test]
fn refuses_a_second_start_on_live_data() -> Result<()> {
    let folder = scratch_folder()?;
    let options = options(&folder.path().join("data"));
    let first = Postgres::start(&options)?;

    let error = Postgres::start(&options).expect_err("the data is in use");
    let message = format!("{error:#}");
    assert!(message.contains("is already running on"), "{message}");
    assert!(message.contains(&format!("port {}", first.port())), "{message}");
    assert_eq!(ask(&first.url("postgres"), "SELECT 1")?, "1", "the first server is none the worse");
    Ok(())
}

#[test]
fn a_server_is_found_by_its_data_while_it_runs() -> Result<()> {
    let folder = scratch_folder()?;
    let data = folder.path().join("data");
    assert_eq!(Postgres::url_of_running(&data, "postgres")?, None, "there is not even a folder");
    let postgres = Postgres::start(&options(&data))?;
    assert_eq!(Postgres::url_of_running(&data, "postgres")?, Some(postgres.url("postgres")));
    postgres.stop()?;
    assert_eq!(Postgres::url_of_running(&data, "postgres")?, None);
    Ok(())
}

#[test]
fn two_servers_run_side_by_side() -> Result<()> {
    let folder = scratch_folder()?;
    let one = Postgres::start(&options(&folder.path().join("one")))?;
    let two = Postgres::start(&options(&folder.path().join("two")))?;
    assert_ne!(one.port(), two.port());
    assert_eq!(ask(&two.url("postgres"), "SELECT 2")?, "2");
    Ok(())
}

#[test]
fn a_dead_servers_pid_file_is_no_obstacle() -> Result<()> {
    let folder = scratch_folder()?;
    let options = options(&folder.path().join("data"));
    let first = Postgres::start(&options)?;
    let data = first.data_dir().to_owned();
    first.stop()?;

    // The process is alive, but it is this one.
    let stale = format!("{}\n{}\n0\n1\n\n\n\nready\n", std::process::id(), data.display());
    fs::write(data.join("postmaster.pid"), stale)?;
    let second = Postgres::start(&options)?;
    assert_eq!(ask(&second.url("postgres"), "SELECT 1")?, "1");
    Ok(())
}

#[test]
fn a_failed_start_shows_the_log() -> Result<()> {
    let folder = scratch_folder()?;
    let options = options(&folder.path().join("data"));
    let first = Postgres::start(&options)?;
    let data = first.data_dir().to_owned();
    first.stop()?;

    let mut settings = OpenOptions::new().append(true).open(data.join("postgresql.conf"))?;
    writeln!(settings, "no_such_setting = 1")?;
    let error = Postgres::start(&options).expect_err("the settings are broken");
    let message = format!("{error:#}");
    assert!(message.contains("no_such_setting"), "{message}");
    assert!(message.contains("data.log"), "{message}");
    Ok(())
}

#[test]
fn a_port_that_was_asked_for_and_is_taken_is_an_error() -> Result<()> {
    let folder = scratch_folder()?;
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let port = taken.local_addr()?.port();
    let options = PostgresOptions { port: Some(port), ..options(&folder.path().join("data")) };

    let error = Postgres::start(&options).expect_err("the port is taken");
    assert!(format!("{error:#}").contains("could not bind"), "{error:#}");
    Ok(())
}

#[test]
fn a_folder_with_other_things_is_left_alone() -> Result<()> {
    let folder = scratch_folder()?;
    fs::write(folder.path().join("letter.txt"), "dear")?;
    let error = Postgres::start(&options(folder.path())).expect_err("this is no data folder");
    assert!(format!("{error:#}").contains("something other"), "{error:#}");
    assert!(folder.path().join("letter.txt").is_file());
    Ok(())
}

#[test]
fn what_was_committed_survives_an_immediate_stop_and_what_was_not_does_not() -> Result<()> {
    let folder = scratch_folder()?;
    let options = PostgresOptions { durable: true, ..options(&folder.path().join("data")) };
    let first = Postgres::start(&options)?;
    let url = first.url("postgres");
    ask(&url, "CREATE TABLE kept AS SELECT 42 AS answer")?;
    // The statement takes long, until somebody ends it: nothing waits for it to finish.
    let open = "BEGIN; INSERT INTO kept VALUES (43); SELECT pg_sleep(60)";
    let cut_short = std::thread::spawn(move || ask(&url, open));
    let at_work = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    eventually("the transaction", || ask(&first.url("postgres"), at_work).is_ok_and(|count| count == "1"))?;
    first.stop_immediately()?;
    assert!(cut_short.join().expect("the thread does not panic").is_err());

    let second = Postgres::start(&options)?;
    assert_eq!(ask(&second.url("postgres"), "SELECT answer FROM kept")?, "42");
    let log = fs::read_to_string(folder.path().join("data.log"))?;
    assert!(log.contains("automatic recovery"), "it was no orderly end: {log}");
    Ok(())
}
