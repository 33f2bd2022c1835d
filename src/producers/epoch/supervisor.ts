// Runs one instance for each that is wanted, and follows what the API writes within a second.
import { listenOrLook } from '../../database/listen-or-look.ts'
import { createBell } from '../../runtime/bell.ts'
import type { OwnReason } from '../socket/reconnect-policy.ts'
import type { InstanceDeps } from './hands.ts'
import { type Instance, openInstance } from './instance.ts'

export type Supervisor = {
  /** Why accounts cannot go on, of those that cannot. */
  troubles(): ReadonlyMap<string, string>
  states(): ReadonlyMap<string, ReturnType<Instance['state']>>
  /** Destroys every socket at once, before it returns. */
  terminate(reason: OwnReason): void
  close(): Promise<void>
}

/** LISTEN 'instances' wakes it sooner; this is the truth. */
const pollMs = 1_000

export function openSupervisor(deps: InstanceDeps): Supervisor {
  const stop = new AbortController()
  const instances = new Map<string, Instance>()
  const woken = createBell()
  const following = follow()

  async function follow(): Promise<void> {
    await listenOrLook(deps, { channel: 'instances', wake: woken.ring, unheard: 'producers.not-listening' }, stop.signal)
    while (!stop.signal.aborted) {
      await reconcile()
      await woken.rung(stop.signal, pollMs)
    }
  }

  async function reconcile(): Promise<void> {
    try {
      const wanted = await deps.rows.readWanted()
      if (stop.signal.aborted) return
      for (const one of wanted) {
        const known = instances.get(one.instanceId)
        if (known === undefined) instances.set(one.instanceId, openInstance(deps, one))
        else known.update(one)
      }
      await dropOthers(new Set(wanted.map(one => one.instanceId)))
    } catch (error) {
      deps.logger.warn('producers.instances-not-read', { error })
    }
  }

  async function dropOthers(kept: ReadonlySet<string>): Promise<void> {
    for (const [instanceId, instance] of instances) {
      if (kept.has(instanceId)) continue
      instances.delete(instanceId)
      await instance.close()
    }
  }

  return {
    troubles: () =>
      new Map(
        [...instances].flatMap(([instanceId, instance]) => {
          const trouble = instance.trouble()
          return trouble === null ? [] : [[instanceId, trouble] as const]
        }),
      ),
    states: () => new Map([...instances].map(([instanceId, instance]) => [instanceId, instance.state()])),
    terminate: reason => {
      stop.abort()
      for (const instance of instances.values()) instance.terminate(reason)
    },
    close: async () => {
      stop.abort()
      await following
      await Promise.all([...instances.values()].map(instance => instance.close()))
    },
  }
}
