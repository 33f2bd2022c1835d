// Asks for the key. The field has no name and the form no address, so that no browser can put it into one.
import { useSignal } from '@preact/signals'
import { goToContent } from './document.ts'
import { isExpired, type Tried, tryKey } from './key.ts'
import { say } from './language.ts'

export function KeyForm() {
  const typed = useSignal('')
  const tried = useSignal<Tried | 'asking' | null>(null)

  async function send(event: Event) {
    event.preventDefault()
    if (tried.value === 'asking' || typed.value.trim() === '') return
    tried.value = 'asking'
    tried.value = await tryKey(typed.value.trim())
    if (tried.value.kind === 'taken') goToContent()
  }

  return (
    <section class="panel" aria-labelledby="key-heading">
      <h2 id="key-heading">{say('keyHeading')}</h2>
      {isExpired.value && (
        <p role="alert" class="trouble">
          {say('keyExpired')}
        </p>
      )}
      <form onSubmit={send}>
        <label for="key">{say('keyLabel')}</label>
        <div class="line">
          <input
            id="key"
            type="password"
            autocomplete="off"
            spellcheck={false}
            aria-describedby="key-where"
            value={typed.value}
            onInput={event => {
              typed.value = event.currentTarget.value
            }}
          />
          <button type="submit">{say('keySend')}</button>
        </div>
        <p id="key-where" class="quiet">
          {say('keyWhere')} {say('keyKept')}
        </p>
        <p role="status" class="trouble">
          {sayTried(tried.value)}
        </p>
      </form>
    </section>
  )
}

function sayTried(tried: Tried | 'asking' | null): string {
  if (tried === null) return ''
  if (tried === 'asking') return say('keyAsking')
  switch (tried.kind) {
    case 'taken':
      return ''
    case 'wrong':
      return say('keyWrong')
    case 'limited':
      return say('keyLimited', { seconds: tried.seconds })
    case 'away':
      return say('keyAway')
  }
}
