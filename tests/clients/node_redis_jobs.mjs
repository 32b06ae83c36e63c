// The jobs of the seeds and the habits of node-redis: node node_redis_jobs.mjs PORT PACKAGE PROTOCOL
import { assert, refused, run, until } from './jobs.mjs';

const [port, packageName, protocol] = process.argv.slice(2);
const { createClient, WatchError } = await import(packageName);
const RESP = Number(protocol);

function client(options = {}) {
  const made = createClient({ socket: { host: '127.0.0.1', port: Number(port), reconnectStrategy: 20 }, RESP, ...options });
  made.on('error', () => {}); // without a listener a lost connection would end the process
  return made;
}

const db = await client().connect();
await db.flushAll();

async function withClient(options, work) {
  const one = await client(options).connect();
  try {
    return await work(one);
  } finally {
    one.destroy();
  }
}

const release = async (one, key, token) => {
  await one.watch(key);
  if ((await one.get(key)) !== token) {
    await one.unwatch();
    return false;
  }
  return (await one.multi().del(key).exec())[0] === 1;
};

await run({
  async session() {
    const value = JSON.stringify({ user_id: 123, role: 'admin' });
    assert.equal(await db.set('session:abc', value, { EX: 3600 }), 'OK');
    assert.equal(await db.get('session:abc'), value);
    const left = await db.ttl('session:abc');
    assert.ok(left > 3590 && left <= 3600);
    assert.equal(await db.getEx('session:abc', { type: 'EX', value: 7200 }), value);
    assert.ok((await db.ttl('session:abc')) > 3600);
    assert.equal(await db.set('session:abc', 'x', { NX: true }), null);
    await db.hSet('session:h', { user_id: '123', role: 'admin' });
    assert.deepEqual({ ...(await db.hGetAll('session:h')) }, { user_id: '123', role: 'admin' });
    assert.equal(await db.hGet('session:h', 'nothing'), null);
    assert.equal(await db.del(['session:abc', 'session:h']), 2);
    assert.equal(await db.get('session:abc'), null);
  },

  async cache() {
    assert.equal(await db.set('page:1', '<html>', { PX: 40 }), 'OK');
    await until('the page expires', async () => (await db.get('page:1')) === null);
    assert.equal(await db.ttl('page:1'), -2);
    await db.mSet({ key1: 'val1', key2: 'val2' });
    assert.deepEqual(await db.mGet(['key1', 'key2', 'key3']), ['val1', 'val2', null]);
    const keys = [];
    for await (const found of db.scanIterator({ MATCH: 'key*', COUNT: 1 })) keys.push(...found);
    assert.deepEqual(keys.sort(), ['key1', 'key2']);
    assert.equal(await db.unlink(['key1', 'key2']), 2);
  },

  async counter() {
    const hits = await Promise.all(Array.from({ length: 200 }, () => db.incr('hits')));
    assert.deepEqual(hits, Array.from({ length: 200 }, (_, i) => i + 1));
    assert.equal(await db.incrByFloat('damage', 95.5), '95.5');
    assert.equal(await db.incrByFloat('damage', 95.5), '191');
    const replies = await db.multi().incr('rate').expire('rate', 60, 'NX').exec();
    assert.equal(replies[0], 1);
    assert.equal(Number(replies[1]), 1);
    const left = await db.ttl('rate');
    assert.ok(left > 50 && left <= 60);
    await db.set('word', 'x');
    await refused(db.incr('word'), /ERR value is not an integer or out of range/);
  },

  async lock() {
    assert.equal(await db.set('lock', 'one', { NX: true, PX: 60_000 }), 'OK');
    assert.equal(await db.set('lock', 'two', { NX: true, PX: 60_000 }), null);
    await withClient({}, async (one) => {
      assert.equal(await release(one, 'lock', 'two'), false);
      assert.equal(await release(one, 'lock', 'one'), true);
    });
    // Taken by another between WATCH and EXEC: nothing is deleted.
    await db.set('lock', 'one');
    await withClient({}, async (one) => {
      await one.watch('lock');
      await db.set('lock', 'two');
      await assert.rejects(one.multi().del('lock').exec(), WatchError);
    });
    assert.equal(await db.get('lock'), 'two');
  },

  async leaderboard() {
    assert.equal(await db.zAdd('board', [{ score: 100, value: 'ada' }, { score: 80, value: 'bob' }, { score: 120, value: 'cyd' }]), 3);
    assert.equal(await db.zIncrBy('board', 95.5, 'bob'), 175.5);
    assert.deepEqual(await db.zRangeWithScores('board', 0, 1, { REV: true }),
      [{ value: 'bob', score: 175.5 }, { value: 'cyd', score: 120 }]);
    assert.equal(await db.zRevRank('board', 'ada'), 2);
    assert.equal(await db.zRank('board', 'nobody'), null);
    assert.equal(await db.zScore('board', 'ada'), 100);
    assert.deepEqual(await db.zmScore('board', ['ada', 'nobody']), [100, null]);
    assert.deepEqual(await db.zRangeByScore('board', 100, '(175.5'), ['ada', 'cyd']);
    assert.deepEqual(await db.zPopMin('board'), { value: 'ada', score: 100 });
    await db.zAdd('board', { score: Infinity, value: 'zed' });
    assert.equal(await db.zScore('board', 'zed'), Infinity);
    assert.equal(await db.zCard('board'), 3);
  },

  async transactionsAndPipelines() {
    const replies = await db.multi().set('a', '1').incr('a').get('a').hSet('h', 'f', 'v').hGetAll('h').exec();
    assert.deepEqual(replies.slice(0, 4), ['OK', 2, '2', 1]);
    assert.deepEqual({ ...replies[4] }, { f: 'v' });
    await refused(db.multi().set('a', 'x').addCommand(['NOSUCHCOMMAND']).exec(), /unknown command|EXECABORT/i);
    assert.equal(await db.get('a'), '2');
    const many = await Promise.all(Array.from({ length: 5000 }, (_, i) => db.set(`p:${i}`, String(i))));
    assert.ok(many.every((reply) => reply === 'OK'));
    assert.equal(await db.get('p:4999'), '4999');
  },

  async publishAndSubscribe() {
    const listener = await client().connect();
    const heard = [];
    await listener.subscribe('news', (message, channel) => heard.push([channel, message]));
    await listener.pSubscribe('new*', (message, channel) => heard.push(['pattern', channel, message]));
    assert.equal(await db.publish('news', 'hello'), 2);
    await until('two messages', () => heard.length === 2);
    assert.deepEqual(heard, [['news', 'hello'], ['pattern', 'news', 'hello']]);
    if (RESP === 3) assert.equal(await listener.ping(), 'PONG'); // commands go on between pushes
    await listener.unsubscribe('news');
    await listener.pUnsubscribe('new*');
    assert.equal(await listener.get('nothing'), null);
    listener.destroy();
  },

  async keyspaceEvents() {
    await db.configSet('notify-keyspace-events', 'KEA');
    const listener = await client().connect();
    const heard = [];
    await listener.pSubscribe('__keyevent@0__:*', (key, channel) => heard.push(`${channel.split(':')[1]} ${key}`));
    await db.set('event', '1', { PX: 30 });
    await until('it expires', () => heard.includes('expired event'));
    assert.deepEqual(heard.filter((line) => line.endsWith(' event')), ['set event', 'expire event', 'expired event']);
    await db.configSet('notify-keyspace-events', '');
    listener.destroy();
  },

  async largeValues() {
    const value = Buffer.alloc(10 * 1024 * 1024, 'x');
    value[5_000_000] = 0;
    value[5_000_001] = 255;
    assert.equal(await db.set('large', value), 'OK');
    assert.equal(await db.strLen('large'), value.length);
    assert.equal(await db.getRange('large', 0, 3), 'xxxx');
    await db.del('large');
    const text = 'ä'.repeat(1_000_000);
    await db.hSet('large:h', 'text', text);
    assert.equal(await db.hGet('large:h', 'text'), text);
    await db.del('large:h');
  },

  async reconnects() {
    await db.set('kept', 'yes');
    const names = new Set();
    await withClient({ name: 'worker' }, async (one) => {
      names.add(await one.clientGetName());
      const id = await one.clientId();
      assert.equal(await db.sendCommand(['CLIENT', 'KILL', 'ID', String(id)]), 1);
      await until('it is back', async () => (await one.get('kept').catch(() => null)) === 'yes');
      assert.notEqual(await one.clientId(), id);
      names.add(await one.clientGetName());
    });
    assert.deepEqual([...names], ['worker']);
  },

  async subscriptionsComeBack() {
    const listener = await client().connect();
    const heard = [];
    await listener.subscribe('again', (message) => heard.push(message));
    await db.sendCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub']);
    // The connection that was just killed may still be counted, and take a message with it.
    await until('it hears again', async () => {
      await db.publish('again', 'x');
      return heard.length > 0;
    });
    listener.destroy();
  },

  async tellsWhoItIs() {
    const line = await db.sendCommand(['CLIENT', 'INFO']);
    assert.match(String(line), /lib-name=node-redis/);
    assert.match(String(line), /lib-ver=\d/);
    assert.match(String(line), new RegExp(`resp=${RESP}`));
  },

  async choosesACollection() {
    await withClient({ database: 3 }, async (one) => {
      await one.set('only:here', '1');
    });
    assert.equal(await db.exists('only:here'), 0);
    await withClient({ database: 3 }, async (one) => {
      assert.equal(await one.exists('only:here'), 1);
      await one.flushDb();
    });
  },

  async errors() {
    await refused(db.lPush('list', 'x'), /ERR unknown command/);
    await refused(db.eval('return 1'), /ERR unknown command/);
    await db.set('word', 'x');
    await refused(db.hGet('word', 'f'), /WRONGTYPE/);
    await refused(db.zAdd('word', { score: 1, value: 'a' }), /WRONGTYPE/);
    assert.equal(await db.get('word'), 'x');
  },
}, async () => {
  await db.close();
});
