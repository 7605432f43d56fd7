// Asks one page over and over: CONNECTIONS at once for SECONDS. Prints pages per second and the slowest of a hundred, in ms.
import http from "node:http";

const [url, cookie, connections = "4", seconds = "8"] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true, maxSockets: Number(connections) });
const once = () =>
  new Promise((resolve, reject) => {
    const began = performance.now();
    http
      .get(url, { agent, headers: { cookie } }, (answer) => {
        if (answer.statusCode !== 200) reject(new Error(`${url}: ${answer.statusCode}`));
        answer.resume();
        answer.on("end", () => resolve(performance.now() - began));
      })
      .on("error", reject);
  });
for (let n = 0; n < 20; n++) await once();
const times = [];
const began = performance.now();
const end = began + Number(seconds) * 1000;
await Promise.all(Array.from({ length: Number(connections) }, async () => { while (performance.now() < end) times.push(await once()); }));
const took = (performance.now() - began) / 1000;
times.sort((a, b) => a - b);
console.log(`${(times.length / took).toFixed(1)} ${times[Math.floor(times.length * 0.99)].toFixed(1)}`);
