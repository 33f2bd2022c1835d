// What this browser keeps under a name: for the tab, or for the next visit. One that keeps nothing for us, or is full, has it until it leaves the page.

export type Kept = { read(): string | null; write(value: string | null): void }

/** `area`: reading it throws where the browser keeps nothing for sites. */
export function openKept(area: () => Storage, name: string): Kept {
  const storage = storageOf(area)
  let value = storage?.getItem(name) ?? null
  return {
    read: () => value,
    write: next => {
      value = next
      if (storage !== null) put(storage, name, next)
    },
  }
}

function put(storage: Storage, name: string, value: string | null) {
  storage.removeItem(name) // where the new one does not fit, the old one must not come back
  try {
    if (value !== null) storage.setItem(name, value)
  } catch {
    // full: the page itself has it
  }
}

function storageOf(area: () => Storage): Storage | null {
  try {
    return area()
  } catch {
    return null // by the person's choice, which is no error of ours
  }
}
