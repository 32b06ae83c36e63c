#include "sql/catalog/system_tables.h"

namespace latchkey::sql {

namespace {

// Queries of the views of information_schema; see system_view_texts.cc.
constexpr SystemViewText kTexts[] = {
    {"information_schema_catalog_name", "SELECT current_database() AS catalog_name"},
    {"schemata",
     "SELECT current_database() AS catalog_name, n.nspname AS schema_name, "
     "pg_get_userbyid(n.nspowner) AS schema_owner FROM pg_catalog.pg_namespace n"},
    {"tables",
     "SELECT current_database() AS table_catalog, n.nspname AS table_schema, "
     "c.relname AS table_name, CASE WHEN c.relpersistence = 't' THEN 'LOCAL TEMPORARY' "
     "WHEN c.relkind = 'v' THEN 'VIEW' WHEN c.relkind = 'f' THEN 'FOREIGN' "
     "ELSE 'BASE TABLE' END AS table_type, "
     "CASE WHEN c.relkind IN ('r', 'p') OR pg_relation_is_updatable(c.oid, false) & 8 = 8 "
     "THEN 'YES' ELSE 'NO' END AS is_insertable_into, 'NO' AS is_typed, "
     "CASE WHEN c.relpersistence = 't' THEN 'PRESERVE' END AS commit_action "
     "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
     "WHERE c.relkind IN ('r', 'v', 'f', 'p')"},
    {"views",
     "SELECT current_database() AS table_catalog, n.nspname AS table_schema, "
     "c.relname AS table_name, pg_get_viewdef(c.oid) AS view_definition, "
     "'NONE' AS check_option, 'NO' AS is_updatable, 'NO' AS is_insertable_into, "
     "'NO' AS is_trigger_updatable, 'NO' AS is_trigger_deletable, "
     "'NO' AS is_trigger_insertable_into "
     "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
     "WHERE c.relkind = 'v'"},
    {"columns",
     "SELECT current_database() AS table_catalog, n.nspname AS table_schema, "
     "c.relname AS table_name, a.attname AS column_name, a.attnum AS ordinal_position, "
     "CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END AS column_default, "
     "CASE WHEN a.attnotnull THEN 'NO' ELSE 'YES' END AS is_nullable, "
     "CASE WHEN t.typelem <> 0 AND t.typlen = -1 AND t.typarray = 0 THEN 'ARRAY' "
     "WHEN tn.nspname = 'pg_catalog' THEN format_type(a.atttypid, NULL) "
     "ELSE 'USER-DEFINED' END AS data_type, "
     "CASE WHEN a.atttypid IN (1042, 1043) AND a.atttypmod > 0 THEN a.atttypmod - 4 END "
     "AS character_maximum_length, "
     "CASE WHEN a.atttypid IN (1042, 1043) AND a.atttypmod > 0 THEN (a.atttypmod - 4) * 4 "
     "WHEN a.atttypid IN (25, 1042, 1043) THEN 1073741824 END AS character_octet_length, "
     "CASE a.atttypid WHEN 21 THEN 16 WHEN 23 THEN 32 WHEN 20 THEN 64 WHEN 700 THEN 24 "
     "WHEN 701 THEN 53 WHEN 1700 THEN CASE WHEN a.atttypmod > 0 "
     "THEN ((a.atttypmod - 4) >> 16) & 65535 END END AS numeric_precision, "
     "CASE WHEN a.atttypid IN (20, 21, 23, 700, 701) THEN 2 WHEN a.atttypid = 1700 THEN 10 END "
     "AS numeric_precision_radix, "
     "CASE WHEN a.atttypid IN (20, 21, 23) THEN 0 WHEN a.atttypid = 1700 AND a.atttypmod > 0 "
     "THEN (a.atttypmod - 4) & 2047 END AS numeric_scale, "
     "CASE WHEN a.atttypid = 1082 THEN 0 WHEN a.atttypid IN (1083, 1114, 1184, 1266) "
     "THEN CASE WHEN a.atttypmod < 0 THEN 6 ELSE a.atttypmod END WHEN a.atttypid = 1186 "
     "THEN CASE WHEN a.atttypmod < 0 OR a.atttypmod & 65535 = 65535 THEN 6 "
     "ELSE a.atttypmod & 65535 END END AS datetime_precision, "
     "CASE WHEN co.collname <> 'default' THEN current_database() END AS collation_catalog, "
     "CASE WHEN co.collname <> 'default' THEN 'pg_catalog' END AS collation_schema, "
     "CASE WHEN co.collname <> 'default' THEN co.collname END AS collation_name, "
     "current_database() AS udt_catalog, tn.nspname AS udt_schema, t.typname AS udt_name, "
     "a.attnum AS dtd_identifier, 'NO' AS is_self_referencing, "
     "CASE WHEN a.attidentity IN ('a', 'd') THEN 'YES' ELSE 'NO' END AS is_identity, "
     "CASE a.attidentity WHEN 'a' THEN 'ALWAYS' WHEN 'd' THEN 'BY DEFAULT' END "
     "AS identity_generation, s.seqstart AS identity_start, s.seqincrement AS identity_increment, "
     "s.seqmax AS identity_maximum, s.seqmin AS identity_minimum, "
     "CASE WHEN s.seqcycle THEN 'YES' ELSE 'NO' END AS identity_cycle, "
     "CASE WHEN a.attgenerated = '' THEN 'NEVER' ELSE 'ALWAYS' END AS is_generated, "
     "CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END "
     "AS generation_expression, "
     "CASE WHEN c.relkind IN ('r', 'p') THEN 'YES' ELSE 'NO' END AS is_updatable "
     "FROM pg_catalog.pg_attribute a "
     "JOIN pg_catalog.pg_class c ON c.oid = a.attrelid "
     "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
     "JOIN pg_catalog.pg_type t ON t.oid = a.atttypid "
     "JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace "
     "LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum "
     "LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation "
     "LEFT JOIN (pg_catalog.pg_depend p JOIN pg_catalog.pg_sequence s ON s.seqrelid = p.objid) "
     "ON p.classid = 1259 AND p.refclassid = 1259 AND p.deptype = 'i' "
     "AND p.refobjid = a.attrelid AND p.refobjsubid = a.attnum "
     "WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'v', 'f', 'p')"},
    {"table_constraints",
     "SELECT current_database() AS constraint_catalog, n.nspname AS constraint_schema, "
     "k.conname AS constraint_name, current_database() AS table_catalog, "
     "n.nspname AS table_schema, c.relname AS table_name, CASE k.contype WHEN 'c' THEN 'CHECK' "
     "WHEN 'f' THEN 'FOREIGN KEY' WHEN 'p' THEN 'PRIMARY KEY' WHEN 'u' THEN 'UNIQUE' END "
     "AS constraint_type, CASE WHEN k.condeferrable THEN 'YES' ELSE 'NO' END AS is_deferrable, "
     "CASE WHEN k.condeferred THEN 'YES' ELSE 'NO' END AS initially_deferred, 'YES' AS enforced, "
     "CASE WHEN k.contype = 'u' THEN 'YES' END AS nulls_distinct "
     "FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid "
     "JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace "
     "WHERE k.contype IN ('c', 'f', 'p', 'u') "
     "UNION ALL SELECT current_database(), n.nspname, "
     "n.oid::text || '_' || c.oid::text || '_' || a.attnum::text || '_not_null', "
     "current_database(), n.nspname, c.relname, 'CHECK', 'NO', 'NO', 'YES', NULL "
     "FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid "
     "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
     "WHERE a.attnotnull AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p')"},
    {"check_constraints",
     "SELECT current_database() AS constraint_catalog, n.nspname AS constraint_schema, "
     "k.conname AS constraint_name, substring(pg_get_constraintdef(k.oid), 7) AS check_clause "
     "FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace "
     "WHERE k.contype = 'c' "
     "UNION ALL SELECT current_database(), n.nspname, "
     "n.oid::text || '_' || c.oid::text || '_' || a.attnum::text || '_not_null', "
     "a.attname || ' IS NOT NULL' "
     "FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid "
     "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
     "WHERE a.attnotnull AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p')"},
    {"key_column_usage",
     "SELECT current_database() AS constraint_catalog, n.nspname AS constraint_schema, "
     "k.conname AS constraint_name, current_database() AS table_catalog, "
     "n.nspname AS table_schema, c.relname AS table_name, a.attname AS column_name, "
     "u.place AS ordinal_position, (SELECT r.place FROM pg_catalog.pg_constraint q, "
     "unnest(q.conkey) WITH ORDINALITY AS r(number, place) WHERE k.contype = 'f' "
     "AND q.conindid = k.conindid AND q.contype IN ('p', 'u') "
     "AND r.number = k.confkey[u.place]) AS position_in_unique_constraint "
     "FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid "
     "JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace "
     "CROSS JOIN LATERAL unnest(k.conkey) WITH ORDINALITY AS u(number, place) "
     "JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number "
     "WHERE k.contype IN ('p', 'u', 'f')"},
    {"constraint_column_usage",
     "SELECT current_database() AS table_catalog, n.nspname AS table_schema, "
     "c.relname AS table_name, a.attname AS column_name, "
     "current_database() AS constraint_catalog, kn.nspname AS constraint_schema, "
     "k.conname AS constraint_name FROM pg_catalog.pg_constraint k "
     "JOIN pg_catalog.pg_class c "
     "ON c.oid = CASE WHEN k.contype = 'f' THEN k.confrelid ELSE k.conrelid END "
     "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
     "JOIN pg_catalog.pg_namespace kn ON kn.oid = k.connamespace "
     "CROSS JOIN LATERAL unnest(CASE WHEN k.contype = 'f' THEN k.confkey ELSE k.conkey END) "
     "AS u(number) JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.number "
     "WHERE k.contype IN ('c', 'p', 'u', 'f')"},
    {"constraint_table_usage",
     "SELECT current_database() AS table_catalog, n.nspname AS table_schema, "
     "c.relname AS table_name, current_database() AS constraint_catalog, "
     "kn.nspname AS constraint_schema, k.conname AS constraint_name "
     "FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c "
     "ON c.oid = CASE WHEN k.contype = 'f' THEN k.confrelid ELSE k.conrelid END "
     "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
     "JOIN pg_catalog.pg_namespace kn ON kn.oid = k.connamespace "
     "WHERE k.contype IN ('p', 'u', 'f')"},
    {"referential_constraints",
     "SELECT current_database() AS constraint_catalog, n.nspname AS constraint_schema, "
     "k.conname AS constraint_name, current_database() AS unique_constraint_catalog, "
     "un.nspname AS unique_constraint_schema, u.conname AS unique_constraint_name, "
     "CASE k.confmatchtype WHEN 'f' THEN 'FULL' WHEN 'p' THEN 'PARTIAL' WHEN 's' THEN 'NONE' END "
     "AS match_option, "
     "CASE k.confupdtype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' "
     "WHEN 'd' THEN 'SET DEFAULT' WHEN 'r' THEN 'RESTRICT' WHEN 'a' THEN 'NO ACTION' END "
     "AS update_rule, "
     "CASE k.confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' "
     "WHEN 'd' THEN 'SET DEFAULT' WHEN 'r' THEN 'RESTRICT' WHEN 'a' THEN 'NO ACTION' END "
     "AS delete_rule FROM pg_catalog.pg_constraint k "
     "JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace "
     "LEFT JOIN pg_catalog.pg_constraint u "
     "ON u.conindid = k.conindid AND u.contype IN ('p', 'u') "
     "LEFT JOIN pg_catalog.pg_namespace un ON un.oid = u.connamespace WHERE k.contype = 'f'"},
    {"sequences",
     "SELECT current_database() AS sequence_catalog, n.nspname AS sequence_schema, "
     "c.relname AS sequence_name, format_type(s.seqtypid, NULL) AS data_type, "
     "CASE s.seqtypid WHEN 21 THEN 16 WHEN 23 THEN 32 ELSE 64 END AS numeric_precision, "
     "2 AS numeric_precision_radix, 0 AS numeric_scale, s.seqstart AS start_value, "
     "s.seqmin AS minimum_value, s.seqmax AS maximum_value, s.seqincrement AS increment, "
     "CASE WHEN s.seqcycle THEN 'YES' ELSE 'NO' END AS cycle_option "
     "FROM pg_catalog.pg_sequence s JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid "
     "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
     "WHERE NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.classid = 1259 "
     "AND d.objid = c.oid AND d.deptype = 'i')"},
    {"routines",
     "SELECT current_database() AS specific_catalog, n.nspname AS specific_schema, "
     "p.proname || '_' || p.oid::text AS specific_name, "
     "current_database() AS routine_catalog, n.nspname AS routine_schema, "
     "p.proname AS routine_name, "
     "CASE p.prokind WHEN 'f' THEN 'FUNCTION' WHEN 'p' THEN 'PROCEDURE' END AS routine_type, "
     "CASE WHEN p.prokind = 'p' THEN NULL WHEN t.typelem <> 0 AND t.typlen = -1 THEN 'ARRAY' "
     "WHEN tn.nspname = 'pg_catalog' THEN format_type(t.oid, NULL) ELSE 'USER-DEFINED' END "
     "AS data_type, current_database() AS type_udt_catalog, tn.nspname AS type_udt_schema, "
     "t.typname AS type_udt_name, 0 AS dtd_identifier, "
     "CASE WHEN l.lanname = 'sql' THEN 'SQL' ELSE 'EXTERNAL' END AS routine_body, "
     "p.prosrc AS routine_definition, upper(l.lanname::text) AS external_language, "
     "'GENERAL' AS parameter_style, "
     "CASE WHEN p.provolatile = 'i' THEN 'YES' ELSE 'NO' END AS is_deterministic, "
     "'MODIFIES' AS sql_data_access, CASE WHEN p.prokind <> 'p' THEN "
     "CASE WHEN p.proisstrict THEN 'YES' ELSE 'NO' END END AS is_null_call, "
     "'YES' AS schema_level_routine, 0 AS max_dynamic_result_sets, "
     "CASE WHEN p.prosecdef THEN 'DEFINER' ELSE 'INVOKER' END AS security_type, "
     "'NO' AS is_udt_dependent FROM pg_catalog.pg_proc p "
     "JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace "
     "JOIN pg_catalog.pg_language l ON l.oid = p.prolang "
     "LEFT JOIN pg_catalog.pg_type t ON t.oid = p.prorettype AND p.prokind <> 'p' "
     "LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace"},
    {"parameters",
     "SELECT current_database() AS specific_catalog, n.nspname AS specific_schema, "
     "p.proname || '_' || p.oid::text AS specific_name, u.place AS ordinal_position, "
     "CASE p.proargmodes[u.place] WHEN 'o' THEN 'OUT' WHEN 'b' THEN 'INOUT' ELSE 'IN' END "
     "AS parameter_mode, 'NO' AS is_result, 'NO' AS as_locator, "
     "p.proargnames[u.place] AS parameter_name, "
     "CASE WHEN t.typelem <> 0 AND t.typlen = -1 THEN 'ARRAY' "
     "WHEN tn.nspname = 'pg_catalog' THEN format_type(t.oid, NULL) ELSE 'USER-DEFINED' END "
     "AS data_type, current_database() AS udt_catalog, tn.nspname AS udt_schema, "
     "t.typname AS udt_name, u.place AS dtd_identifier FROM pg_catalog.pg_proc p "
     "JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace "
     "CROSS JOIN LATERAL unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) "
     "WITH ORDINALITY AS u(type, place) JOIN pg_catalog.pg_type t ON t.oid = u.type "
     "JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace"},
    {"table_privileges",
     "SELECT pg_get_userbyid(c.relowner) AS grantor, pg_get_userbyid(c.relowner) AS grantee, "
     "current_database() AS table_catalog, n.nspname AS table_schema, c.relname AS table_name, "
     "p.kind AS privilege_type, 'YES' AS is_grantable, "
     "CASE WHEN p.kind = 'SELECT' THEN 'YES' ELSE 'NO' END AS with_hierarchy "
     "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
     "CROSS JOIN (VALUES ('INSERT'), ('SELECT'), ('UPDATE'), ('DELETE'), ('TRUNCATE'), "
     "('REFERENCES'), ('TRIGGER')) AS p(kind) WHERE c.relkind IN ('r', 'v', 'f', 'p')"},
    {"role_table_grants",
     "SELECT t.grantor AS grantor, t.grantee AS grantee, t.table_catalog AS table_catalog, "
     "t.table_schema AS table_schema, t.table_name AS table_name, "
     "t.privilege_type AS privilege_type, t.is_grantable AS is_grantable, "
     "t.with_hierarchy AS with_hierarchy FROM information_schema.table_privileges t"},
    {"column_privileges",
     "SELECT pg_get_userbyid(c.relowner) AS grantor, pg_get_userbyid(c.relowner) AS grantee, "
     "current_database() AS table_catalog, n.nspname AS table_schema, c.relname AS table_name, "
     "a.attname AS column_name, p.kind AS privilege_type, 'YES' AS is_grantable "
     "FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid "
     "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
     "CROSS JOIN (VALUES ('INSERT'), ('SELECT'), ('UPDATE'), ('REFERENCES')) AS p(kind) "
     "WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'v', 'f', 'p')"},
    {"role_column_grants",
     "SELECT t.grantor AS grantor, t.grantee AS grantee, t.table_catalog AS table_catalog, "
     "t.table_schema AS table_schema, t.table_name AS table_name, "
     "t.column_name AS column_name, t.privilege_type AS privilege_type, "
     "t.is_grantable AS is_grantable FROM information_schema.column_privileges t"},
    {"enabled_roles",
     "SELECT r.rolname AS role_name FROM pg_catalog.pg_authid r WHERE pg_has_role(r.oid, "
     "'USAGE')"},
    {"collations",
     "SELECT current_database() AS collation_catalog, 'pg_catalog' AS collation_schema, "
     "c.collname AS collation_name, 'NO PAD' AS pad_attribute FROM pg_catalog.pg_collation c"},
    {"character_sets",
     "SELECT pg_encoding_to_char(d.encoding) AS character_set_name, 'UCS' AS "
     "character_repertoire, pg_encoding_to_char(d.encoding) AS form_of_use, "
     "d.datname AS default_collate_catalog FROM pg_catalog.pg_database d "
     "WHERE d.datname = current_database()"},
    {"element_types",
     "SELECT current_database() AS object_catalog, n.nspname AS object_schema, "
     "c.relname AS object_name, CASE WHEN c.relkind = 'v' THEN 'VIEW' ELSE 'TABLE' END "
     "AS object_type, a.attnum AS collection_type_identifier, "
     "format_type(e.oid, NULL) AS data_type, current_database() AS udt_catalog, "
     "en.nspname AS udt_schema, e.typname AS udt_name, 'a' || a.attnum::text AS dtd_identifier "
     "FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid "
     "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
     "JOIN pg_catalog.pg_type t ON t.oid = a.atttypid "
     "JOIN pg_catalog.pg_type e ON e.oid = t.typelem "
     "JOIN pg_catalog.pg_namespace en ON en.oid = e.typnamespace "
     "WHERE a.attnum > 0 AND NOT a.attisdropped AND t.typlen = -1 AND t.typarray = 0 "
     "AND c.relkind IN ('r', 'v', 'f', 'p')"},
};

}  // namespace

std::span<const SystemViewText> information_view_texts() { return kTexts; }

}  // namespace latchkey::sql
