mod contract;
mod hostile;
mod life;
mod pushes;
mod real_host;
mod world;
