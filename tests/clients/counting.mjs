// Increments a counter until standard input ends, whatever becomes of the connection, and says how
// many increments were acknowledged: node counting.mjs PORT PACKAGE
const [port, packageName] = process.argv.slice(2);
const module = await import(packageName);

let wasLost = false;
let db;
if (packageName.startsWith('ioredis')) {
  db = new module.Redis({ host: '127.0.0.1', port: Number(port), retryStrategy: () => 20, maxRetriesPerRequest: null });
} else {
  db = module.createClient({ socket: { host: '127.0.0.1', port: Number(port), reconnectStrategy: 20 } });
}
db.on('error', () => { wasLost = true; });
db.on('close', () => { wasLost = true; });
if (db.connect && !packageName.startsWith('ioredis')) await db.connect();

let done = false;
process.stdin.on('end', () => { done = true; }).resume();
let acknowledged = 0;
while (!done) {
  try {
    await db.incr('count');
    acknowledged += 1;
    if (acknowledged === 100) console.log('acknowledged 100');
    if (wasLost) {
      wasLost = false;
      console.log('reconnected');
    }
  } catch {
    // Not acknowledged; it may have been done all the same.
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
console.log(`total ${acknowledged}`);
process.exit(0);
