// A wrong password is refused, a right one is not: node passwords.mjs PORT PACKAGE
import { assert } from './jobs.mjs';

const [port, packageName] = process.argv.slice(2);
const module = await import(packageName);

async function ask(password) {
  if (packageName.startsWith('ioredis')) {
    const db = new module.Redis({ host: '127.0.0.1', port: Number(port), password, retryStrategy: null, lazyConnect: true });
    const errors = [];
    db.on('error', (error) => errors.push(error));
    try {
      await db.connect();
      return await db.set('k', 'v');
    } catch (error) {
      throw errors[0] ?? error;
    } finally {
      db.disconnect();
    }
  }
  const db = module.createClient({ socket: { host: '127.0.0.1', port: Number(port), reconnectStrategy: false }, password });
  db.on('error', () => {});
  await db.connect();
  try {
    return await db.set('k', 'v');
  } finally {
    db.destroy();
  }
}

await assert.rejects(ask('wrong'), /WRONGPASS/);
await assert.rejects(ask(undefined), /NOAUTH/);
assert.equal(await ask('secret'), 'OK');
console.log('refused, then served');
process.exit(0);
