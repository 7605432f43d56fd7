mod contract;
mod hostile;
mod life;
mod limits;
mod pushes;
mod real_host;
mod world;
