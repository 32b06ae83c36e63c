// What the test programs of both Node clients share: one job after another, each with a deadline.
import assert from 'node:assert/strict';

const JOB_MILLISECONDS_MAX = 60_000;

export { assert };

export async function until(what, condition) {
  const deadline = Date.now() + JOB_MILLISECONDS_MAX;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`this did not come: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/// The promise must be refused, with an error that says this.
export async function refused(promise, text) {
  await assert.rejects(promise, (error) => {
    assert.match(String(error.message), text);
    return true;
  });
}

/// Runs the jobs in order and ends the process. A job is a name and an async function.
export async function run(jobs, finish) {
  for (const [name, job] of Object.entries(jobs)) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no end after ${JOB_MILLISECONDS_MAX} ms`)), JOB_MILLISECONDS_MAX);
    });
    try {
      await Promise.race([job(), late]);
      console.log(`passed ${name}`);
    } catch (error) {
      console.log(`FAILED ${name}: ${error.stack}`);
      process.exit(1);
    }
    clearTimeout(timer);
  }
  await finish();
  console.log('all passed');
  process.exit(0);
}
