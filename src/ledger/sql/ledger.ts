import type { Ledger } from '../contracts.ts';
import { SqlAuditLog } from './audit.ts';
import { Database } from './database.ts';
import type { Engine } from './dialect.ts';
import { SqlRuleStore } from './rules.ts';
import { SqlUsageStore } from './usage.ts';

/** The ledger on one engine, on the calling thread. */
export class SqlLedger implements Ledger {
  readonly rules: SqlRuleStore;
  readonly audit: SqlAuditLog;
  readonly usage: SqlUsageStore;
  private readonly database: Database;

  constructor(engine: Engine) {
    this.database = new Database(engine);
    this.rules = new SqlRuleStore(this.database);
    this.audit = new SqlAuditLog(this.database);
    this.usage = new SqlUsageStore(this.database);
  }

  open(): Promise<void> {
    return this.database.open();
  }

  close(): Promise<void> {
    return this.database.close();
  }
}
