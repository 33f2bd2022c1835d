// A port whose functions fail, wait or hang when the plan says so, and are the real ones otherwise.

/** `fail`: instead of the call. `failAfter`: the call is carried out, its answer is lost. `delay`, `hang`: the call waits, or never settles.
 * `delayAfter`: the call is carried out, its answer waits. */
export type Fault =
  | { fail: unknown }
  | { failAfter: unknown }
  | { delay: Promise<unknown> }
  | { delayAfter: Promise<unknown> }
  | { hang: true }
/** Asked at every call with the function's name, its place among the calls of that function (from 1) and its arguments; null: no fault. */
export type Plan = (call: { name: string; nth: number; args: readonly unknown[] }) => Fault | null

export function flaky<Port extends object>(port: Port, plan: Plan): Port {
  const calls = new Map<string, number>()
  return new Proxy(port, {
    get(target, property) {
      const found: unknown = Reflect.get(target, property)
      if (typeof found !== 'function' || typeof property !== 'string') return found
      return (...args: unknown[]) => {
        const nth = (calls.get(property) ?? 0) + 1
        calls.set(property, nth)
        const fault = plan({ name: property, nth, args })
        return fault === null ? Reflect.apply(found, target, args) : suffer(fault, () => Reflect.apply(found, target, args))
      }
    },
  })
}

async function suffer(fault: Fault, call: () => unknown): Promise<unknown> {
  if ('fail' in fault) throw fault.fail
  if ('hang' in fault) return new Promise(() => 'never')
  if ('delay' in fault) {
    await fault.delay
    return call()
  }
  const answer = await call()
  if ('failAfter' in fault) throw fault.failAfter
  await fault.delayAfter
  return answer
}
