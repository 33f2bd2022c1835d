// A job in libsignal's queue runs in the context of whoever queued it, so that its reads and writes stay inside that one's key transaction.
// The queue (libsignal/src/queue_job.js) is one for the whole process, by contact address only, and would run the job of one instance
// behind the job of another in that other's context: its ratchet would be committed before its append. Importing this file is enough.
import { AsyncLocalStorage } from 'node:async_hooks'
import { requireLibsignal } from './libsignal.ts'

type Job = () => Promise<unknown>
type Libsignal = {
  SessionCipher: { prototype: { queueJob(job: Job): Promise<unknown> } }
  SessionBuilder: { prototype: { storage: object; initOutgoing(device: unknown): Promise<unknown> } }
}

const libsignal: Libsignal = requireLibsignal('./index.js')
const cipher = libsignal.SessionCipher.prototype
const builder = libsignal.SessionBuilder.prototype
const { queueJob } = cipher
const { initOutgoing } = builder

cipher.queueJob = function (job) {
  return queueJob.call(this, AsyncLocalStorage.bind(job))
}

/** Queues a job of its own making; what that does to the keys goes through `storage`. */
builder.initOutgoing = function (device) {
  return initOutgoing.call(Object.create(this, { storage: { value: inThisContext(this.storage) } }), device)
}

function inThisContext(storage: object): object {
  const run = AsyncLocalStorage.snapshot()
  return new Proxy(storage, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? (...args: unknown[]) => run(() => Reflect.apply(value, target, args)) : value
    },
  })
}
