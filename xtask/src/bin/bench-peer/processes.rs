//! What the system knows of other processes: CPU time and memory, from `/proc`.

use std::{fs, io};

/// Linux counts CPU time in hundredths of a second here, on every architecture.
const MICROSECONDS_PER_TICK: f64 = 10_000.0;

/// The CPU time that processes have taken so far, user and system together, in microseconds.
pub(crate) fn cpu_us(pids: &[u32]) -> io::Result<f64> {
    let mut ticks = 0;
    for pid in pids {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        ticks +=
            ticks_in(&stat).ok_or_else(|| io::Error::other("an unknown form of /proc/PID/stat"))?;
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "a count of hundredths of a second"
    )]
    Ok(ticks as f64 * MICROSECONDS_PER_TICK)
}

/// Fields 14 and 15 of proc_pid_stat(5): `utime` and `stime`. The second one is the program's name in parentheses
/// and may hold anything.
fn ticks_in(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

/// The memory of processes in KiB: the proportional set size, in which pages shared by several of them count once.
pub(crate) fn memory_kib(pids: &[u32]) -> io::Result<u64> {
    let mut sum = 0;
    for pid in pids {
        let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
        sum +=
            field_kib(&rollup, "Pss:").ok_or_else(|| io::Error::other("no Pss in smaps_rollup"))?;
    }
    Ok(sum)
}

fn field_kib(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_behind_any_name() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 1 0 0 0 250 50 0 0 20 0 1 0 5 6 7";
        assert_eq!(ticks_in(stat), Some(300));
        assert_eq!(
            field_kib("Rss:  9 kB\nPss:   12 kB\nPss_Dirty: 3 kB\n", "Pss:"),
            Some(12)
        );
    }

    #[test]
    fn this_process_can_be_watched() {
        let pids = [std::process::id()];
        assert!(cpu_us(&pids).is_ok() && memory_kib(&pids).unwrap() > 0);
    }
}
