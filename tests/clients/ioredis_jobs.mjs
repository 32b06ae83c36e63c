// The jobs of the seeds and the habits of ioredis: node ioredis_jobs.mjs PORT PACKAGE
import { assert, refused, run, until } from './jobs.mjs';

const [port, packageName] = process.argv.slice(2);
const { Redis } = await import(packageName);

function client(options = {}) {
  const made = new Redis({ host: '127.0.0.1', port: Number(port), retryStrategy: () => 20, ...options });
  made.on('error', () => {});
  return made;
}

const db = client();
await db.flushall();

async function withClient(options, work) {
  const one = client(options);
  try {
    return await work(one);
  } finally {
    one.disconnect();
  }
}

const release = async (one, key, token) => {
  await one.watch(key);
  if ((await one.get(key)) !== token) {
    await one.unwatch();
    return false;
  }
  const replies = await one.multi().del(key).exec();
  return replies !== null && replies[0][1] === 1;
};

await run({
  async session() {
    const value = JSON.stringify({ user_id: 123, role: 'admin' });
    assert.equal(await db.set('session:abc', value, 'EX', 3600), 'OK');
    assert.equal(await db.get('session:abc'), value);
    const left = await db.ttl('session:abc');
    assert.ok(left > 3590 && left <= 3600);
    assert.equal(await db.getex('session:abc', 'EX', 7200), value);
    assert.ok((await db.ttl('session:abc')) > 3600);
    assert.equal(await db.set('session:abc', 'x', 'NX'), null);
    await db.hset('session:h', { user_id: '123', role: 'admin' });
    assert.deepEqual({ ...(await db.hgetall('session:h')) }, { user_id: '123', role: 'admin' });
    assert.equal(await db.hget('session:h', 'nothing'), null);
    assert.equal(await db.del('session:abc', 'session:h'), 2);
    assert.equal(await db.get('session:abc'), null);
  },

  async cache() {
    assert.equal(await db.set('page:1', '<html>', 'PX', 40), 'OK');
    await until('the page expires', async () => (await db.get('page:1')) === null);
    assert.equal(await db.ttl('page:1'), -2);
    await db.mset({ key1: 'val1', key2: 'val2' });
    assert.deepEqual(await db.mget('key1', 'key2', 'key3'), ['val1', 'val2', null]);
    const keys = [];
    for await (const found of db.scanStream({ match: 'key*', count: 1 })) keys.push(...found);
    assert.deepEqual(keys.sort(), ['key1', 'key2']);
    await db.hset('fields', Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`f${i}`, String(i)])));
    const fields = new Set();
    for await (const found of db.hscanStream('fields', { count: 50 })) found.forEach((word, i) => i % 2 === 0 && fields.add(word));
    assert.equal(fields.size, 500);
    assert.equal(await db.unlink('key1', 'key2', 'fields'), 3);
  },

  async counter() {
    const hits = await Promise.all(Array.from({ length: 200 }, () => db.incr('hits')));
    assert.deepEqual(hits, Array.from({ length: 200 }, (_, i) => i + 1));
    assert.equal(Number(await db.incrbyfloat('damage', 95.5)), 95.5);
    assert.equal(Number(await db.incrbyfloat('damage', 95.5)), 191);
    const replies = await db.multi().incr('rate').expire('rate', 60, 'NX').exec();
    assert.deepEqual(replies, [[null, 1], [null, 1]]);
    const left = await db.ttl('rate');
    assert.ok(left > 50 && left <= 60);
    await db.set('word', 'x');
    await refused(db.incr('word'), /ERR value is not an integer or out of range/);
  },

  async lock() {
    assert.equal(await db.set('lock', 'one', 'PX', 60_000, 'NX'), 'OK');
    assert.equal(await db.set('lock', 'two', 'PX', 60_000, 'NX'), null);
    await withClient({}, async (one) => {
      assert.equal(await release(one, 'lock', 'two'), false);
      assert.equal(await release(one, 'lock', 'one'), true);
    });
    await db.set('lock', 'one');
    await withClient({}, async (one) => {
      await one.watch('lock');
      await db.set('lock', 'two');
      assert.equal(await one.multi().del('lock').exec(), null);
    });
    assert.equal(await db.get('lock'), 'two');
  },

  async leaderboard() {
    assert.equal(await db.zadd('board', 100, 'ada', 80, 'bob', 120, 'cyd'), 3);
    assert.equal(Number(await db.zincrby('board', 95.5, 'bob')), 175.5);
    // RESP2 gives a flat array, RESP3 pairs.
    const top = (await db.zrange('board', 0, 1, 'REV', 'WITHSCORES')).flat();
    assert.deepEqual(top.map(String), ['bob', '175.5', 'cyd', '120']);
    assert.equal(await db.zrevrank('board', 'ada'), 2);
    assert.equal(await db.zrank('board', 'nobody'), null);
    assert.equal(Number(await db.zscore('board', 'ada')), 100);
    assert.deepEqual(await db.zrangebyscore('board', 100, '(175.5'), ['ada', 'cyd']);
    assert.deepEqual((await db.zpopmin('board')).flat().map(String), ['ada', '100']);
    assert.equal(await db.zcard('board'), 2);
  },

  async transactionsAndPipelines() {
    const replies = await db.multi().set('a', 1).incr('a').get('a').exec();
    assert.deepEqual(replies, [[null, 'OK'], [null, 2], [null, '2']]);
    const inside = await db.multi().set('a', 'x').incr('a').exec();
    assert.match(String(inside[1][0]), /not an integer/);
    await refused(db.multi().set('a', 1).call('NOSUCHCOMMAND').exec(), /EXECABORT|unknown command/);
    assert.equal(await db.get('a'), 'x');
    const pipeline = db.pipeline();
    for (let i = 0; i < 5000; ++i) pipeline.set(`p:${i}`, i);
    assert.ok((await pipeline.exec()).every(([error, reply]) => error === null && reply === 'OK'));
    await withClient({ enableAutoPipelining: true }, async (one) => {
      const values = await Promise.all(Array.from({ length: 1000 }, (_, i) => one.get(`p:${i}`)));
      assert.deepEqual(values, Array.from({ length: 1000 }, (_, i) => String(i)));
    });
  },

  async publishAndSubscribe() {
    const listener = client();
    const heard = [];
    listener.on('message', (channel, message) => heard.push([channel, message]));
    listener.on('pmessage', (pattern, channel, message) => heard.push([pattern, channel, message]));
    assert.equal(await listener.subscribe('news'), 1);
    assert.equal(await listener.psubscribe('new*'), 2);
    assert.equal(await db.publish('news', 'hello'), 2);
    await until('two messages', () => heard.length === 2);
    assert.deepEqual(heard, [['news', 'hello'], ['new*', 'news', 'hello']]);
    await listener.unsubscribe('news');
    await listener.punsubscribe('new*');
    assert.equal(await listener.get('nothing'), null);
    listener.disconnect();
  },

  async keyspaceEvents() {
    await db.config('SET', 'notify-keyspace-events', 'KEA');
    const listener = client();
    const heard = [];
    listener.on('pmessage', (_, channel, key) => heard.push(`${channel.split(':')[1]} ${key}`));
    await listener.psubscribe('__keyevent@0__:*');
    await db.set('event', '1', 'PX', 30);
    await until('it expires', () => heard.includes('expired event'));
    assert.deepEqual(heard.filter((line) => line.endsWith(' event')), ['set event', 'expire event', 'expired event']);
    await db.config('SET', 'notify-keyspace-events', '');
    listener.disconnect();
  },

  async largeValues() {
    const value = Buffer.alloc(10 * 1024 * 1024, 'x');
    value[5_000_000] = 0;
    value[5_000_001] = 255;
    assert.equal(await db.set('large', value), 'OK');
    assert.ok(value.equals(await db.getBuffer('large')));
    await db.hset('large:h', 'binary', value);
    assert.ok(value.equals(await db.hgetBuffer('large:h', 'binary')));
    await db.del('large', 'large:h');
  },

  async reconnects() {
    await db.set('kept', 'yes');
    await withClient({ connectionName: 'worker' }, async (one) => {
      const id = await one.client('ID');
      assert.equal(await db.client('KILL', 'ID', id), 1);
      await until('it is back', async () => (await one.get('kept').catch(() => null)) === 'yes');
      assert.notEqual(await one.client('ID'), id);
      assert.equal(await one.client('GETNAME'), 'worker');
    });
  },

  async subscriptionsComeBack() {
    const listener = client();
    const heard = [];
    listener.on('message', (_, message) => heard.push(message));
    await listener.subscribe('again');
    await db.client('KILL', 'TYPE', 'pubsub');
    // The connection that was just killed may still be counted, and take a message with it.
    await until('it hears again', async () => {
      await db.publish('again', 'x');
      return heard.length > 0;
    });
    listener.disconnect();
  },

  async readyCheckAndWhoItIs() {
    assert.equal(db.status, 'ready');
    assert.match(db.serverInfo?.redis_version ?? '7', /^7/);
    const line = await db.client('INFO');
    assert.match(line, /lib-name=ioredis/);
    assert.match(line, packageName === 'ioredis' ? /resp=2/ : /resp=3/);
  },

  async choosesACollection() {
    await withClient({ db: 3 }, (one) => one.set('only:here', '1'));
    assert.equal(await db.exists('only:here'), 0);
    await withClient({ db: 3 }, async (one) => {
      assert.equal(await one.exists('only:here'), 1);
      await one.flushdb();
    });
  },

  async errors() {
    await refused(db.lpush('list', 'x'), /ERR unknown command/);
    await refused(db.eval('return 1', 0), /ERR unknown command/);
    db.defineCommand('scripted', { numberOfKeys: 1, lua: 'return redis.call("GET", KEYS[1])' });
    await refused(db.scripted('a'), /ERR unknown command/);
    await db.set('word', 'x');
    await refused(db.hget('word', 'f'), /WRONGTYPE/);
    assert.equal(await db.get('word'), 'x');
  },

  async monitor() {
    const seen = [];
    const monitor = await client().monitor();
    monitor.on('monitor', (_, words) => seen.push(words));
    await until('a command is seen', async () => {
      await db.set('monitored', 'a b');
      return seen.some((words) => words[1] === 'monitored' && words[2] === 'a b');
    });
    monitor.disconnect();
  },
}, async () => {
  await db.quit();
});
