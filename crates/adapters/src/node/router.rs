//! All servers behind one client: real ones by SSH, simulated ones in this process.

use super::{AgentRelease, CallOptions, HostKey, NodeClient, NodeError, ServerTarget};
use async_trait::async_trait;
use model::ids::ServerId;
use std::{path::Path, sync::Arc};
use tokio::sync::mpsc;
use wire::verb::{Reply, Verb};

/// Sends each request to where its target is.
pub struct NodeRouter {
    real: Arc<dyn NodeClient>,
    simulated: Option<Arc<dyn NodeClient>>,
}

impl NodeRouter {
    /// Real servers, and simulated ones where there are any.
    pub fn new(real: Arc<dyn NodeClient>, simulated: Option<Arc<dyn NodeClient>>) -> Self {
        Self { real, simulated }
    }

    fn of(&self, target: &ServerTarget) -> Result<&dyn NodeClient, NodeError> {
        match (target.simulated, &self.simulated) {
            (false, _) => Ok(&*self.real),
            (true, Some(simulated)) => Ok(&**simulated),
            (true, None) => Err(NodeError::Unreachable("simulated servers are disabled".to_owned())),
        }
    }
}

#[async_trait]
impl NodeClient for NodeRouter {
    async fn call(&self, target: &ServerTarget, verb: Verb, options: CallOptions) -> Result<Reply, NodeError> {
        self.of(target)?.call(target, verb, options).await
    }

    async fn upload(&self, target: &ServerTarget, verb: Verb, file: &Path, options: CallOptions) -> Result<Reply, NodeError> {
        self.of(target)?.upload(target, verb, file, options).await
    }

    async fn download(&self, target: &ServerTarget, verb: Verb, to: mpsc::Sender<Vec<u8>>, options: CallOptions) -> Result<Reply, NodeError> {
        self.of(target)?.download(target, verb, to, options).await
    }

    async fn feed(&self, target: &ServerTarget, verb: Verb, from: mpsc::Receiver<Vec<u8>>, options: CallOptions) -> Result<Reply, NodeError> {
        self.of(target)?.feed(target, verb, from, options).await
    }

    async fn host_key(&self, address: &str) -> Result<HostKey, NodeError> {
        self.real.host_key(address).await
    }

    fn enrollment_command(&self) -> String {
        self.real.enrollment_command()
    }

    fn agent(&self) -> AgentRelease {
        self.real.agent()
    }

    async fn install_program(&self, target: &ServerTarget) -> Result<String, NodeError> {
        self.of(target)?.install_program(target).await
    }

    async fn forget(&self, server: ServerId) {
        self.real.forget(server).await;
        if let Some(simulated) = &self.simulated {
            simulated.forget(server).await;
        }
    }
}
