// What the API gives only to who has the key: opened in a tab of its own, because a link carries no key. Without one, its address as text.
import { ask, key } from './key.ts'
import { sayFailure } from './language.ts'

export function KeyedFile({ path, name }: { path: string; name: string }) {
  if (key.value === null) return <span class="quiet">{path}</span>
  return (
    <button type="button" class="link" onClick={() => void openText(path)}>
      {name}
    </button>
  )
}

/** A tab has loaded its text long before. */
const FORGET_AFTER_MS = 60_000

/** As plain text, so that nothing in it is run: what a page makes itself has the page's origin. */
async function openText(path: string) {
  const tab = window.open('', '_blank') // at once: browsers open none that comes later than the click
  forgetIn(tab)
  const outcome = await ask({ path, as: 'text' })
  const text = outcome.kind === 'answer' ? String(outcome.body) : sayFailure(outcome)
  const address = URL.createObjectURL(new Blob([text], { type: 'text/plain; charset=utf-8' }))
  setTimeout(() => URL.revokeObjectURL(address), FORGET_AFTER_MS)
  const shown = tab ?? window
  shown.location.replace(address)
}

/** A tab that a page opens begins with a copy of what the page keeps: the key is of this tab alone. */
function forgetIn(tab: Window | null) {
  if (tab === null) return
  tab.opener = null
  try {
    tab.sessionStorage.clear()
  } catch {
    // A browser that keeps nothing has nothing to forget.
  }
}
