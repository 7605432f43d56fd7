// Told to end, it takes nobody new and answers those who have come; the next program gets the others from the same socket. A program that has an
// end of its own keeps it.
const open = new Set();
const begin = net.Server.prototype.listen;
net.Server.prototype.listen = function (...args) {
  open.add(this);
  return begin.apply(this, args);
};
process.on('SIGTERM', () => {
  if (process.listenerCount('SIGTERM') > 1) return;
  let left = open.size;
  const ended = () => { if (--left <= 0) process.exit(0); };
  // Not the close of http: that one breaks off connections whose request is on its way.
  for (const server of open) net.Server.prototype.close.call(server, ended);
  if (left === 0) process.exit(0);
  setTimeout(() => process.exit(0), 8000).unref();
});
