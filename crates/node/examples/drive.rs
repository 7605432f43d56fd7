//! Speaks `wire` to a `mpanel-node serve`, for trying things by hand and for timing.
//!
//! `drive [--deadline MS] [--cancel MS] PROGRAM ARGS.. -- VERB ARGS..`, for example
//! `drive ssh root@web1 -- apply a.json b.json`; several pods go out at the same time.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::process::{ChildStdin, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use wire::Key;
use wire::frame::{Decoder, Frame, MAX_CHUNK};
use wire::message::{FromNode, ToNode};
use wire::verb::*;

type Any<T> = Result<T, Box<dyn std::error::Error>>;

struct Options {
    deadline_ms: u64,
    cancel_ms: Option<u64>,
    program: Vec<String>,
    verb: Vec<String>,
}

fn main() -> ExitCode {
    match options().and_then(|options| drive(&options)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("drive: {error}");
            ExitCode::FAILURE
        }
    }
}

fn options() -> Any<Options> {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let mut number = |name: &str| -> Any<Option<u64>> {
        if args.first().map(String::as_str) != Some(name) {
            return Ok(None);
        }
        args.remove(0);
        Ok(Some(args.remove(0).parse()?))
    };
    let deadline_ms = number("--deadline")?.unwrap_or(300_000);
    let cancel_ms = number("--cancel")?;
    let cut = args.iter().position(|a| a == "--").ok_or("no -- between program and verb")?;
    let verb = args[cut + 1..].to_vec();
    args.truncate(cut);
    Ok(Options { deadline_ms, cancel_ms, program: args, verb })
}

/// The verbs that the words mean, each with the file that follows it.
fn verbs(words: &[String]) -> Any<Vec<(Verb, Option<String>)>> {
    let rest = &words[1..];
    let read = |path: &String| -> Any<_> { Ok(serde_json::from_slice(&fs::read(path)?)?) };
    let text = |value: &str| serde_json::Value::String(value.to_owned());
    let alone = |verb: Verb| Ok(vec![(verb, None)]);
    match words[0].as_str() {
        "probe" => alone(Probe {}.into()),
        "list" => alone(PodList {}.into()),
        "install" => alone(Install { capability: serde_json::from_value(text(&rest[0]))? }.into()),
        "plan" => rest.iter().map(|p| Ok((PodPlan { spec: read(p)? }.into(), None))).collect(),
        "apply" => rest.iter().map(|p| Ok((PodApply { spec: read(p)? }.into(), None))).collect(),
        "observe" => rest.iter().map(|p| Ok((PodObserve { pod: p.parse()? }.into(), None))).collect(),
        "hold" => rest.iter().map(|p| Ok((PodRemove { pod: p.parse()?, mode: RemoveMode::Hold }.into(), None))).collect(),
        "purge" => rest.iter().map(|p| Ok((PodRemove { pod: p.parse()?, mode: RemoveMode::Purge }.into(), None))).collect(),
        "put" => {
            let kind = serde_json::from_value(text(&rest[0]))?;
            let put = ArtifactPut { kind, name: rest[1].parse()?, sha256: rest[2].parse()?, size: fs::metadata(&rest[3])?.len() };
            Ok(vec![(put.into(), Some(rest[3].clone()))])
        }
        "upgrade" => {
            let upgrade = Upgrade { sha256: rest[0].parse()?, size: fs::metadata(&rest[1])?.len(), trial: false };
            Ok(vec![(upgrade.into(), Some(rest[1].clone()))])
        }
        other => Err(format!("no verb {other}").into()),
    }
}

fn drive(options: &Options) -> Any<bool> {
    let mut child = Command::new(&options.program[0]).args(&options.program[1..]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut to = child.stdin.take().ok_or("no stdin")?;
    let mut from = child.stdout.take().ok_or("no stdout")?;
    let begun = Instant::now();
    let verbs = verbs(&options.verb)?;
    let count = verbs.len();
    for (n, (verb, file)) in verbs.into_iter().enumerate() {
        let id = n as u64 + 1;
        let key = Key::new(format!("drive:{}:{id}", std::process::id()))?;
        say(&mut to, &ToNode::Request { id, deadline_ms: options.deadline_ms, key, verb, window: None })?;
        if let Some(path) = file {
            send(&mut to, id, &path)?;
        }
    }
    if let Some(ms) = options.cancel_ms {
        std::thread::sleep(Duration::from_millis(ms));
        for id in 1..=count as u64 {
            say(&mut to, &ToNode::Cancel { id })?;
        }
    }
    let good = listen(&mut from, count, begun)?;
    drop(to);
    child.wait()?;
    Ok(good)
}

fn say(to: &mut ChildStdin, message: &ToNode) -> Any<()> {
    Ok(to.write_all(&Frame::Json(serde_json::to_vec(message)?).to_bytes()?)?)
}

fn send(to: &mut ChildStdin, id: u64, path: &str) -> Any<()> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; MAX_CHUNK];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(()),
            n => to.write_all(&Frame::Chunk { id, bytes: buffer[..n].to_vec() }.to_bytes()?)?,
        }
    }
}

fn listen(from: &mut impl Read, count: usize, begun: Instant) -> Any<bool> {
    let (mut decoder, mut buffer) = (Decoder::new(), vec![0; 64 << 10]);
    let (mut ended, mut good) = (0, true);
    while ended < count {
        while let Some(Frame::Json(json)) = decoder.pop()? {
            let ms = begun.elapsed().as_millis();
            match serde_json::from_slice::<FromNode>(&json)? {
                FromNode::Log { id, level, line } => println!("{ms:6} {id:3} {level:?}: {line}"),
                FromNode::Credit { .. } => {}
                FromNode::Progress { id, what, done, total } => println!("{ms:6} {id:3} {done} of {total} {what}"),
                FromNode::Hello { version, protocol, .. } => println!("{ms:6}   - node {version}, protocol {protocol}"),
                FromNode::Done { id, result } => {
                    ended += 1;
                    good &= result.is_ok();
                    print_result(ms, id, &result);
                }
            }
        }
        if ended < count {
            match from.read(&mut buffer)? {
                0 => return Err("the session ended".into()),
                n => decoder.push(&buffer[..n]),
            }
        }
    }
    Ok(good)
}

fn print_result(ms: u128, id: u64, result: &Result<Reply, wire::message::Failure>) {
    match result {
        Ok(Reply::PodPlan(plan) | Reply::PodApply(plan) | Reply::PodRemove(plan)) => {
            println!("{ms:6} {id:3} done, {}", if plan.is_noop() { "nothing to do" } else { "differences:" });
            for change in plan.differences() {
                println!("             {:6} {}: {}", change.op.label(), change.what, change.detail);
            }
        }
        Ok(reply) => println!("{ms:6} {id:3} {}", serde_json::to_string_pretty(reply).unwrap_or_default()),
        Err(failure) => println!("{ms:6} {id:3} {:?}: {failure}", failure.kind),
    }
}
