//! All parts of a pod, looked at together: the difference between what should be and what is.

use wire::observation::Usage;
use wire::plan::{Change, Op, Plan};
use wire::spec::{PodSpec, SiteSpec};

use crate::error::Result;
use crate::host::names::PodNames;
use crate::task::Task;

use super::edits;
use super::legacy;
use super::part::cron::CronJobs;
use super::part::database::Instance;
use super::part::files::Files;
use super::part::network::Network;
use super::part::runtime::Runtime;
use super::part::service::Service;
use super::part::sleep::Sleeper;
use super::part::slice::Slice;
use super::part::storage::Storage;
use super::part::user::User;
use super::part::vhost::Site;
use super::part::web::WebBase;
use super::part::{Inspector, Managed, PartStatus, wordpress};
use super::state::State;
use wire::SiteName;

/// The parts of one site.
pub struct SiteParts<'a> {
    /// The site as it should be.
    pub spec: &'a SiteSpec,
    /// What runs for it.
    pub service: Option<Service>,
    /// What is run for it at times.
    pub cron_jobs: Option<CronJobs<'a>>,
    /// What is in its folders.
    pub files: Files<'a>,
    /// WordPress' installation.
    pub installation: Option<PartStatus>,
    /// How it is served.
    pub site: Site<'a>,
}

/// The parts of a pod, in the order in which they are made.
pub struct Parts<'a> {
    /// nginx' base configuration.
    pub web: WebBase,
    /// What pods may reach.
    pub network: Network,
    /// What puts sites to sleep.
    pub sleeper: Option<Sleeper>,
    /// System user.
    pub user: User<'a>,
    /// Subvolume, limit and folders.
    pub storage: Storage<'a>,
    /// Slice.
    pub slice: Slice,
    /// Mounts of its runtimes.
    pub runtimes: Vec<Runtime<'a>>,
    /// Its databases.
    pub instance: Option<Instance<'a>>,
    /// Its sites.
    pub sites: Vec<SiteParts<'a>>,
    /// Sites that are on the machine and not wanted.
    pub stale_sites: Vec<SiteName>,
    is_legacy: bool,
}

impl<'a> Parts<'a> {
    /// Looks at everything that the description touches. Changes nothing.
    pub fn inspect(task: &'a Task, spec: &'a PodSpec, names: &'a PodNames, state: Option<&'a State>) -> Result<Self> {
        let cx = Inspector::new(task, spec, names, state)?;
        let storage = Storage::inspect(&cx)?;
        let are_folders_good = !storage.folders.has_change();
        let mut roots: Vec<_> = Vec::new();
        for runtime in spec.runtimes() {
            if !roots.contains(&runtime) {
                roots.push(runtime);
            }
        }
        let runtimes = roots.into_iter().map(|runtime| Runtime::inspect(&cx, runtime)).collect::<Result<Vec<_>>>()?;
        let cron_jobs_found = names.cron_jobs_found();
        let is_root_changed = |site: &SiteSpec| runtimes.iter().any(|runtime| runtime.is_of(site) && runtime.status.has_change());
        let site = |site: &'a SiteSpec| {
            Ok(SiteParts {
                spec: site,
                service: Service::inspect(&cx, site, is_root_changed(site))?,
                cron_jobs: CronJobs::inspect(&cx, site, &cron_jobs_found)?,
                files: Files::inspect(&cx, site, are_folders_good)?,
                installation: wordpress::inspect(&cx, site),
                site: Site::inspect(&cx, site)?,
            })
        };
        let is_wanted = |name: &SiteName| spec.sites.iter().any(|site| site.name == *name);
        Ok(Self {
            web: WebBase::inspect(&cx),
            network: Network::inspect(task, spec)?,
            sleeper: Sleeper::inspect(&cx)?,
            user: User::inspect(&cx),
            slice: Slice::inspect(&cx)?,
            instance: Instance::inspect(&cx)?,
            sites: spec.sites.iter().map(site).collect::<Result<_>>()?,
            stale_sites: names.sites_found().into_iter().filter(|name| !is_wanted(name)).collect(),
            is_legacy: state.is_some_and(|state| state.legacy.is_some()),
            storage,
            runtimes,
        })
    }

    /// As it goes over the wire.
    pub fn plan(&self) -> Plan {
        let mut changes: Vec<Change> = self.is_legacy.then(legacy::change).into_iter().collect();
        changes.extend(self.web.changes());
        changes.extend([self.network.change(), self.user.change()]);
        changes.extend(self.sleeper.iter().map(Sleeper::change));
        changes.extend(self.storage.changes());
        changes.push(self.slice.change());
        changes.extend(self.runtimes.iter().map(Runtime::change));
        changes.extend(self.instance.iter().flat_map(Instance::changes));
        for site in &self.sites {
            changes.extend(site.service.iter().flat_map(Service::changes));
            changes.extend(site.cron_jobs.iter().map(CronJobs::change));
            changes.push(site.files.change());
            changes.extend(site.installation.map(wordpress::change));
            changes.extend(site.site.changes());
        }
        let gone = |name: &SiteName| Change { op: Op::Remove, what: "site".to_owned(), detail: name.to_string() };
        changes.extend(self.stale_sites.iter().map(gone));
        Plan { changes, edits: edits::report(self.files()), found: self.storage.limit_found().and_then(|disk| self.slice.found(disk)) }
    }

    /// All files that this program writes for the pod, outside its storage.
    pub fn files(&self) -> impl Iterator<Item = &Managed> {
        let instance = self.instance.iter().flat_map(|instance| &instance.files);
        let services = self.sites.iter().filter_map(|site| site.service.as_ref()).flat_map(|service| &service.files);
        let vhosts = self.sites.iter().map(|site| &site.site.file);
        let jobs = self.sites.iter().filter_map(|site| site.cron_jobs.as_ref()).flat_map(|jobs| &jobs.files);
        std::iter::once(&self.slice.file).chain(instance).chain(services).chain(jobs).chain(vhosts)
    }

    /// Does systemd hold files that are not as they will be? What it has not read yet needs no reload.
    pub fn needs_reload(&self) -> bool {
        let services = self.sites.iter().filter_map(|site| site.service.as_ref());
        self.slice.is_stale
            || self.runtimes.iter().any(|runtime| runtime.is_stale)
            || self.instance.as_ref().is_some_and(|instance| instance.is_stale)
            || services.into_iter().any(|service| service.is_stale)
            || self.sites.iter().filter_map(|site| site.cron_jobs.as_ref()).any(|jobs| jobs.is_stale)
    }

    /// What the pod uses.
    pub fn measure(&self) -> Usage {
        let mut now = Usage::default();
        self.storage.measure(&mut now);
        self.slice.measure(&mut now);
        now
    }
}
