#include "sql/catalog/system_tables.h"

namespace latchkey::sql {

namespace {

// Queries of views. Columns that a query does not name are null; each is cast to its type.
constexpr SystemViewText kTexts[] = {
    {"pg_tables",
     "SELECT n.nspname AS schemaname, c.relname AS tablename, "
     "pg_get_userbyid(c.relowner) AS tableowner, c.relhasindex AS hasindexes, "
     "c.relhasrules AS hasrules, c.relhastriggers AS hastriggers, "
     "c.relrowsecurity AS rowsecurity "
     "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
     "WHERE c.relkind IN ('r', 'p')"},
    {"pg_views",
     "SELECT n.nspname AS schemaname, c.relname AS viewname, "
     "pg_get_userbyid(c.relowner) AS viewowner, pg_get_viewdef(c.oid) AS definition "
     "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
     "WHERE c.relkind = 'v'"},
    {"pg_matviews",
     "SELECT n.nspname AS schemaname, c.relname AS matviewname, "
     "pg_get_userbyid(c.relowner) AS matviewowner, c.relhasindex AS hasindexes, "
     "c.relispopulated AS ispopulated, pg_get_viewdef(c.oid) AS definition "
     "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
     "WHERE c.relkind = 'm'"},
    {"pg_indexes",
     "SELECT n.nspname AS schemaname, t.relname AS tablename, c.relname AS indexname, "
     "pg_get_indexdef(c.oid) AS indexdef FROM pg_catalog.pg_index i "
     "JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid "
     "JOIN pg_catalog.pg_class t ON t.oid = i.indrelid "
     "JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace"},
    {"pg_sequences",
     "SELECT n.nspname AS schemaname, c.relname AS sequencename, "
     "pg_get_userbyid(c.relowner) AS sequenceowner, s.seqtypid AS data_type, "
     "s.seqstart AS start_value, s.seqmin AS min_value, s.seqmax AS max_value, "
     "s.seqincrement AS increment_by, s.seqcycle AS cycle, s.seqcache AS cache_size, "
     "pg_sequence_last_value(c.oid) AS last_value "
     "FROM pg_catalog.pg_sequence s JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid "
     "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"},
    {"pg_stat_all_tables",
     "SELECT c.oid AS relid, n.nspname AS schemaname, c.relname AS relname "
     "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
     "WHERE c.relkind IN ('r', 't', 'm', 'p')"},
    {"pg_stat_user_tables",
     "SELECT t.relid AS relid, t.schemaname AS schemaname, t.relname AS relname "
     "FROM pg_catalog.pg_stat_all_tables t "
     "WHERE t.schemaname NOT IN ('pg_catalog', 'information_schema')"},
    {"pg_stat_sys_tables",
     "SELECT t.relid AS relid, t.schemaname AS schemaname, t.relname AS relname "
     "FROM pg_catalog.pg_stat_all_tables t "
     "WHERE t.schemaname IN ('pg_catalog', 'information_schema')"},
    {"pg_statio_all_tables",
     "SELECT t.relid AS relid, t.schemaname AS schemaname, t.relname AS relname "
     "FROM pg_catalog.pg_stat_all_tables t"},
    {"pg_statio_user_tables",
     "SELECT t.relid AS relid, t.schemaname AS schemaname, t.relname AS relname "
     "FROM pg_catalog.pg_stat_user_tables t"},
    {"pg_statio_sys_tables",
     "SELECT t.relid AS relid, t.schemaname AS schemaname, t.relname AS relname "
     "FROM pg_catalog.pg_stat_sys_tables t"},
    {"pg_stat_all_indexes",
     "SELECT i.indrelid AS relid, i.indexrelid AS indexrelid, n.nspname AS schemaname, "
     "t.relname AS relname, c.relname AS indexrelname FROM pg_catalog.pg_index i "
     "JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid "
     "JOIN pg_catalog.pg_class t ON t.oid = i.indrelid "
     "JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace"},
    {"pg_stat_user_indexes",
     "SELECT i.relid AS relid, i.indexrelid AS indexrelid, i.schemaname AS schemaname, "
     "i.relname AS relname, i.indexrelname AS indexrelname FROM pg_catalog.pg_stat_all_indexes i "
     "WHERE i.schemaname NOT IN ('pg_catalog', 'information_schema')"},
    {"pg_statio_all_indexes",
     "SELECT i.relid AS relid, i.indexrelid AS indexrelid, i.schemaname AS schemaname, "
     "i.relname AS relname, i.indexrelname AS indexrelname FROM pg_catalog.pg_stat_all_indexes i"},
    {"pg_statio_user_indexes",
     "SELECT i.relid AS relid, i.indexrelid AS indexrelid, i.schemaname AS schemaname, "
     "i.relname AS relname, i.indexrelname AS indexrelname FROM pg_catalog.pg_stat_user_indexes "
     "i"},
    {"pg_stat_database",
     "SELECT d.oid AS datid, d.datname AS datname FROM pg_catalog.pg_database d"},
    {"pg_group",
     "SELECT r.rolname AS groname, r.oid AS grosysid FROM pg_catalog.pg_authid r "
     "WHERE NOT r.rolcanlogin"},
};

}  // namespace

std::span<const SystemViewText> system_view_texts() { return kTexts; }

}  // namespace latchkey::sql
