import { expect, test } from 'bun:test';
import type { Ledger, RuleDocument } from '../../src/ledger/contracts.ts';
import { by, type LedgerSuite, NASTY, rule } from './ledger-suite.ts';

/** Rules and the audit log. */
export function rulesContract(suite: LedgerSuite): void {
  suite('rules', (ledger, place) => {
    test('a rule comes back as it was written, and a second of its id is refused', async () => {
      const { rules } = ledger();
      const document = { id: 'a', client: '10.0.0.0/8', note: null, list: [1, { deep: true }] };
      const made = await rules.insert(document, by);
      expect(made).toMatchObject({ kind: 'ok', rule: { id: 'a', createdAtMs: by.atMs, document } });
      expect(await rules.insert(rule('a'), by)).toEqual({ kind: 'exists' });
      expect((await rules.get('a'))?.document).toEqual(document);
      expect(await rules.get('b')).toBeUndefined();
    });

    test('an update needs the version that it was made from', async () => {
      const { rules } = ledger();
      await rules.insert(rule('versioned'), by);
      const first = (await rules.get('versioned'))!;
      const later = { actor: 'operator', atMs: by.atMs + 5 };
      const done = await rules.update('versioned', first.version, rule('versioned', { n: 1 }), later);
      if (done.kind !== 'ok') throw new Error(done.kind);
      expect(done.rule.version).toBeGreaterThan(first.version);
      expect(done.rule).toMatchObject({ createdAtMs: by.atMs, updatedAtMs: by.atMs + 5 });
      const stale = await rules.update('versioned', first.version, rule('versioned', { n: 2 }), by);
      expect(stale).toEqual({ kind: 'stale', rule: done.rule });
      expect(await rules.delete('versioned', first.version, by)).toEqual({ kind: 'stale', rule: done.rule });
      expect((await rules.update('versioned', undefined, rule('versioned', { n: 3 }), by)).kind).toBe('ok');
      expect(await rules.update('missing', 1, rule('missing'), by)).toEqual({ kind: 'missing' });
      expect(await rules.delete('missing', undefined, by)).toEqual({ kind: 'missing' });
    });

    test('a rule made anew never has a version that it had before', async () => {
      const { rules } = ledger();
      await rules.insert(rule('phoenix'), by);
      const before = (await rules.get('phoenix'))!.version;
      await rules.delete('phoenix', before, by);
      await rules.insert(rule('phoenix'), by);
      expect((await rules.get('phoenix'))!.version).toBeGreaterThan(before);
    });

    test('the revision tells another node of every change, and of nothing else', async () => {
      const other = place().connect();
      try {
        const { rules } = ledger();
        const before = await other.rules.revision();
        await rules.insert(rule('seen'), by);
        const after = await other.rules.revision();
        expect(after).toBeGreaterThan(before);
        await rules.insert(rule('seen'), by);
        await rules.update('nobody', undefined, rule('nobody'), by);
        expect(await other.rules.revision()).toBe(after);
        await rules.delete('seen', undefined, by);
        expect(await other.rules.revision()).toBeGreaterThan(after);
      } finally {
        await other.close();
      }
    });

    test('text ends as text', async () => {
      const { rules } = ledger();
      for (const [index, text] of NASTY.entries()) {
        const id = `nasty-${index}`;
        await rules.insert({ id, note: text }, by);
        expect((await rules.get(id))?.document.note).toBe(text);
      }
      await rules.insert(rule(`it's "me" \\ %_ 😀`), by);
      expect((await rules.get(`it's "me" \\ %_ 😀`))?.document.id).toBe(`it's "me" \\ %_ 😀`);
    });

    test('what is out of bounds is refused by name and changes nothing', async () => {
      const { rules } = ledger();
      const refused = async (document: RuleDocument): Promise<unknown> => {
        try {
          return await rules.insert(document, by);
        } catch (error) {
          return error;
        }
      };
      for (const id of ['', 'x'.repeat(129), 'a\0b', 'a\nb']) {
        expect(await refused(rule(id))).toBeInstanceOf(RangeError);
      }
      expect(await refused(rule('huge', { note: 'x'.repeat(70_000) }))).toBeInstanceOf(RangeError);
      expect(await rules.get('huge')).toBeUndefined();
    });
  });

  suite('imports', (ledger) => {
    test('merge adds and changes, replace also deletes, and the same again changes nothing', async () => {
      const { rules } = ledger();
      await rules.insert(rule('old'), by);
      await rules.insert(rule('kept', { n: 1 }), by);
      const merged = await rules.importAll([rule('kept', { n: 2 }), rule('new')], 'merge', by);
      expect(merged).toEqual({ created: 1, updated: 1, unchanged: 0, deleted: 0 });
      const replaced = await rules.importAll([rule('kept', { n: 2 }), rule('newer')], 'replace', by);
      expect(replaced).toEqual({ created: 1, updated: 0, unchanged: 1, deleted: 2 });
      expect((await rules.list()).map(({ id }) => id)).toEqual(['kept', 'newer']);
      const revision = await rules.revision();
      await rules.importAll([rule('kept', { n: 2 }), rule('newer')], 'replace', by);
      expect(await rules.revision()).toBe(revision);
    });

    test('one bad rule, or one id twice, and nothing has changed', async () => {
      const { rules } = ledger();
      const before = await rules.list();
      for (const documents of [
        [rule('fine'), rule('')],
        [rule('twice'), rule('twice')],
      ]) {
        const outcome = await Promise.resolve()
          .then(() => rules.importAll(documents, 'replace', by))
          .catch((error: unknown) => error);
        expect(outcome).toBeInstanceOf(RangeError);
      }
      expect(await rules.list()).toEqual(before);
    });
  });

  suite('concurrent edits', (ledger, place) => {
    test('200 edits over two nodes lose none', async () => {
      const other = place().connect();
      try {
        await ledger().rules.insert(rule('counter', { n: 0 }), by);
        const add = async (node: Ledger): Promise<void> => {
          for (;;) {
            const current = (await node.rules.get('counter'))!;
            const next = rule('counter', { n: Number(current.document.n) + 1 });
            const outcome = await node.rules.update('counter', current.version, next, by);
            if (outcome.kind === 'ok') return;
          }
        };
        // 20 at a time, each starting over until its version was the current one.
        const worker = async (index: number): Promise<void> => {
          for (let edit = 0; edit < 10; edit++) await add(index % 2 === 0 ? ledger() : other);
        };
        await Promise.all(Array.from({ length: 20 }, (_, index) => worker(index)));
        expect((await ledger().rules.get('counter'))?.document.n).toBe(200);
        const entries = await ledger().audit.list({ subject: 'rule/counter', limit: 1_000 });
        expect(entries).toHaveLength(201);
      } finally {
        await other.close();
      }
    });

    test('200 rules made at once are all there', async () => {
      const made = await Promise.all(
        Array.from({ length: 200 }, (_, index) => ledger().rules.insert(rule(`r${index}`), by)),
      );
      expect(made.filter(({ kind }) => kind === 'ok')).toHaveLength(200);
      expect(await ledger().rules.list()).toHaveLength(201);
    });
  });

  suite('audit', (ledger) => {
    test('every change of a rule leaves who, when, before and after', async () => {
      const { rules, audit } = ledger();
      await rules.insert(rule('a', { n: 1 }), by);
      await rules.update('a', undefined, rule('a', { n: 2 }), { actor: 'second', atMs: 7 });
      await rules.delete('a', undefined, { actor: 'third', atMs: 8 });
      const entries = await audit.list({ subject: 'rule/a' });
      const facts = entries.map(({ id: _, ...fact }) => fact);
      expect(facts).toEqual([
        {
          atMs: 8,
          actor: 'third',
          action: 'rule.delete',
          subject: 'rule/a',
          before: { id: 'a', n: 2 },
          after: undefined,
        },
        {
          atMs: 7,
          actor: 'second',
          action: 'rule.update',
          subject: 'rule/a',
          before: { id: 'a', n: 1 },
          after: { id: 'a', n: 2 },
        },
        {
          atMs: by.atMs,
          actor: 'operator',
          action: 'rule.create',
          subject: 'rule/a',
          before: undefined,
          after: { id: 'a', n: 1 },
        },
      ]);
    });

    test('text ends as text, cut to its bound', async () => {
      const { audit } = ledger();
      for (const text of NASTY) {
        await audit.append({ atMs: 1, actor: text, action: text, subject: text, before: text, after: null });
        const [entry] = await audit.list({ limit: 1 });
        expect(entry).toMatchObject({ before: text, after: null });
        expect(entry!.actor).toBe(text.slice(0, 256).replaceAll('\0', '\ufffd').toWellFormed());
        for (const query of [{ subject: text }, { action: text }, { actor: text }]) {
          expect(await audit.list(query)).toHaveLength(1);
        }
      }
    });

    test('subject, action and actor narrow it together, each as a whole', async () => {
      const { audit } = ledger();
      const append = (after: number, actor: string, action: string, subject: string) =>
        audit.append({ atMs: 1, actor, action, subject, before: undefined, after });
      await append(1, 'eve', 'note.write', 'note/a');
      await append(2, 'adam', 'note.write', 'note/a');
      await append(3, 'eve', 'note.erase', 'note/a');
      await append(4, 'eve', 'note.write', 'note/b');
      const found = async (query: Parameters<typeof audit.list>[0]) =>
        (await audit.list(query)).map(({ after }) => after);
      expect(await found({ actor: 'eve' })).toEqual([4, 3, 1]);
      expect(await found({ action: 'note.write' })).toEqual([4, 2, 1]);
      expect(await found({ actor: 'eve', action: 'note.write' })).toEqual([4, 1]);
      expect(await found({ actor: 'eve', action: 'note.write', subject: 'note/a' })).toEqual([1]);
      expect(await found({ actor: 'eve', limit: 1 })).toEqual([4]);
      expect(await found({ actor: 'eve', beforeId: (await audit.list({}))[0]!.id })).toEqual([3, 1]);
      expect(await found({ actor: 'Eve' })).toEqual([]);
      expect(await found({ action: 'note' })).toEqual([]);
    });

    test('pages go backwards, and pruning keeps the newest', async () => {
      const { audit } = ledger();
      for (let atMs = 1; atMs <= 30; atMs++) {
        await audit.append({
          atMs,
          actor: 'a',
          action: 'b',
          subject: 'paged',
          before: undefined,
          after: atMs,
        });
      }
      const first = await audit.list({ subject: 'paged', limit: 10 });
      const second = await audit.list({ subject: 'paged', limit: 10, beforeId: first.at(-1)!.id });
      expect([...first, ...second].map(({ after }) => after)).toEqual(
        Array.from({ length: 20 }, (_, i) => 30 - i),
      );
      await audit.prune({ olderThanMs: 0, keepEntries: 5 });
      expect((await audit.list({})).map(({ after }) => after)).toEqual([30, 29, 28, 27, 26]);
      expect(await audit.prune({ olderThanMs: 29, keepEntries: 5 })).toBe(3);
      expect(await audit.list({})).toHaveLength(2);
    });
  });
}
