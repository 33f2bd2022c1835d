// What this browser keeps under a name: for the tab, or for the next visit. One that keeps nothing for us has it until it leaves the page.

export type Kept = { read(): string | null; write(value: string | null): void }

/** `area`: reading it throws where the browser keeps nothing for sites. */
export function openKept(area: () => Storage, name: string): Kept {
  const storage = storageOf(area)
  let value = storage?.getItem(name) ?? null
  return {
    read: () => value,
    write: next => {
      value = next
      if (next === null) storage?.removeItem(name)
      else storage?.setItem(name, next)
    },
  }
}

function storageOf(area: () => Storage): Storage | null {
  try {
    return area()
  } catch {
    return null // by the person's choice, which is no error of ours
  }
}
