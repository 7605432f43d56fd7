//! Pods that move from one simulated machine to another.

use super::{SimulatedNodeClient, pod::SimPod};
use model::ids::ServerId;
use std::net::IpAddr;
use tokio::sync::mpsc;
use wire::{
    PodName,
    message::{Failure, FailureKind},
    spec::PodSpec,
    verb::{PodVisitors, Reply, Sent, Verb},
};

fn missing(pod: &PodName) -> Failure {
    Failure::new(FailureKind::Missing, format!("the pod {pod} is not on this server"))
}

/// Sends the pod, and keeps the copy as a machine keeps its snapshot.
pub async fn send(client: &SimulatedNodeClient, server: ServerId, pod: &PodName, to: mpsc::Sender<Vec<u8>>) -> Result<Reply, Failure> {
    let found = client.lock().worlds.of(server).pods.get(pod).cloned().ok_or_else(|| missing(pod))?;
    let bytes = serde_json::to_vec(&found).map_err(|error| Failure::new(FailureKind::Internal, error.to_string()))?;
    {
        let mut state = client.lock();
        state.worlds.of(server).copies.insert(pod.clone(), found);
        state.worlds.keep()?;
    }
    let sent = Sent { bytes: bytes.len() as u64 };
    match to.send(bytes).await {
        Ok(()) => Ok(Reply::PodSend(sent)),
        Err(_) => Err(Failure::new(FailureKind::Cancelled, "nobody takes the rest")),
    }
}

/// Takes a pod up to the end of its stream.
pub async fn receive(client: &SimulatedNodeClient, server: ServerId, verb: Verb, mut from: mpsc::Receiver<Vec<u8>>) -> Result<Reply, Failure> {
    let Verb::PodReceive(receive) = verb else { return Err(Failure::new(FailureKind::Invalid, "this request takes no stream")) };
    let mut bytes = Vec::new();
    loop {
        match from.recv().await {
            Some(piece) if piece.is_empty() => break,
            Some(piece) => bytes.extend(piece),
            None => return Err(Failure::new(FailureKind::Cancelled, "the stream broke off")),
        }
    }
    let copy: SimPod = serde_json::from_slice(&bytes).map_err(|error| Failure::new(FailureKind::Invalid, error.to_string()))?;
    let mut state = client.lock();
    let world = state.worlds.of(server);
    if world.pods.contains_key(&receive.pod) && !world.copies.contains_key(&receive.pod) {
        return Err(Failure::new(FailureKind::Refused, format!("the pod {} is on this server already", receive.pod)));
    }
    world.copies.insert(receive.pod, copy);
    state.worlds.keep()?;
    Ok(Reply::PodReceive(Sent { bytes: bytes.len() as u64 }))
}

/// Puts the copy in its place, closed.
pub fn adopt(client: &SimulatedNodeClient, server: ServerId, spec: &PodSpec) -> Result<bool, Failure> {
    let mut state = client.lock();
    let world = state.worlds.of(server);
    let mut copy = world.copies.get(&spec.pod).cloned().ok_or_else(|| missing(&spec.pod))?;
    (copy.suspended, copy.held) = (true, false);
    world.pods.insert(spec.pod.clone(), copy);
    state.worlds.keep()?;
    Ok(true)
}

/// Stops it; whoever asks for it meanwhile is not answered.
pub fn pause(client: &SimulatedNodeClient, server: ServerId, pod: &PodName) -> Result<bool, Failure> {
    let mut state = client.lock();
    let paused = state.worlds.of(server).pods.get_mut(pod).ok_or_else(|| missing(pod))?;
    let was = std::mem::replace(&mut paused.held, true);
    state.worlds.keep()?;
    Ok(!was)
}

/// Believes a server about the visitors that it sends on, or no longer.
pub fn visitors(client: &SimulatedNodeClient, server: ServerId, call: PodVisitors) -> Result<bool, Failure> {
    let mut state = client.lock();
    let senders = state.worlds.of(server).senders.entry(call.pod).or_default();
    let is_news = if call.believe { senders.insert(call.from) } else { senders.remove(&call.from) };
    state.worlds.keep()?;
    Ok(is_news)
}

/// Leaves nothing of it but where it has gone.
pub fn forward(client: &SimulatedNodeClient, server: ServerId, pod: &PodName, to: IpAddr) -> Result<bool, Failure> {
    let mut state = client.lock();
    let world = state.worlds.of(server);
    match world.pods.get(pod) {
        None => return Ok(false),
        Some(found) if !found.held && !found.suspended => {
            return Err(Failure::new(FailureKind::Refused, format!("the pod {pod} is serving")));
        }
        Some(_) => {}
    }
    world.pods.remove(pod);
    world.copies.remove(pod);
    world.forwards.insert(pod.clone(), to);
    state.worlds.keep()?;
    Ok(true)
}
