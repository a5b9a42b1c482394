using System.Runtime.InteropServices;

namespace Microsoft.Z3;

/// <summary>
/// The entry points of libz3's C API that this binding needs (z3_api.h, 4.8.8 and later), in that header's order and
/// under its names without the prefix. Handles are <c>nint</c>; a C <c>bool</c> is one byte.
/// </summary>
internal static partial class Native
{
    private const string Z3 = "libz3";

    static Native() => Library.Register();

    /// <summary>The code of the last call's error; 0 where it succeeded.</summary>
    [LibraryImport(Z3, EntryPoint = "Z3_get_error_code"), SuppressGCTransition]
    internal static partial int GetErrorCode(nint c);

    /// <summary>The text of a C string that libz3 owns.</summary>
    internal static string Text(nint text) => Marshal.PtrToStringUTF8(text) ?? "";

    // context and errors

    [LibraryImport(Z3, EntryPoint = "Z3_mk_config")]
    internal static partial nint MkConfig();

    [LibraryImport(Z3, EntryPoint = "Z3_del_config")]
    internal static partial void DelConfig(nint config);

    [LibraryImport(Z3, EntryPoint = "Z3_set_param_value", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial void SetParamValue(nint config, string name, string value);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_context_rc")]
    internal static partial nint MkContextRc(nint config);

    [LibraryImport(Z3, EntryPoint = "Z3_del_context")]
    internal static partial void DelContext(nint c);

    [LibraryImport(Z3, EntryPoint = "Z3_set_error_handler")]
    internal static partial void SetErrorHandler(nint c, nint handler);

    [LibraryImport(Z3, EntryPoint = "Z3_get_error_msg")]
    internal static partial nint GetErrorMsg(nint c, int code);

    [LibraryImport(Z3, EntryPoint = "Z3_interrupt")]
    internal static partial void Interrupt(nint c);

    [LibraryImport(Z3, EntryPoint = "Z3_get_version")]
    internal static partial void GetVersion(out uint major, out uint minor, out uint build, out uint revision);

    [LibraryImport(Z3, EntryPoint = "Z3_get_full_version")]
    internal static partial nint GetFullVersion();

    [LibraryImport(Z3, EntryPoint = "Z3_global_param_set", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial void GlobalParamSet(string name, string value);

    // reference counts

    [LibraryImport(Z3, EntryPoint = "Z3_inc_ref")]
    internal static partial void IncRef(nint c, nint ast);

    [LibraryImport(Z3, EntryPoint = "Z3_dec_ref")]
    internal static partial void DecRef(nint c, nint ast);

    [LibraryImport(Z3, EntryPoint = "Z3_solver_inc_ref")]
    internal static partial void SolverIncRef(nint c, nint solver);

    [LibraryImport(Z3, EntryPoint = "Z3_solver_dec_ref")]
    internal static partial void SolverDecRef(nint c, nint solver);

    [LibraryImport(Z3, EntryPoint = "Z3_params_inc_ref")]
    internal static partial void ParamsIncRef(nint c, nint parameters);

    [LibraryImport(Z3, EntryPoint = "Z3_params_dec_ref")]
    internal static partial void ParamsDecRef(nint c, nint parameters);

    [LibraryImport(Z3, EntryPoint = "Z3_model_inc_ref")]
    internal static partial void ModelIncRef(nint c, nint model);

    [LibraryImport(Z3, EntryPoint = "Z3_model_dec_ref")]
    internal static partial void ModelDecRef(nint c, nint model);

    [LibraryImport(Z3, EntryPoint = "Z3_stats_inc_ref")]
    internal static partial void StatsIncRef(nint c, nint stats);

    [LibraryImport(Z3, EntryPoint = "Z3_stats_dec_ref")]
    internal static partial void StatsDecRef(nint c, nint stats);

    [LibraryImport(Z3, EntryPoint = "Z3_ast_vector_inc_ref")]
    internal static partial void AstVectorIncRef(nint c, nint vector);

    [LibraryImport(Z3, EntryPoint = "Z3_ast_vector_dec_ref")]
    internal static partial void AstVectorDecRef(nint c, nint vector);

    // symbols, sorts, declarations

    [LibraryImport(Z3, EntryPoint = "Z3_mk_string_symbol", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint MkStringSymbol(nint c, string name);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_int_symbol")]
    internal static partial nint MkIntSymbol(nint c, int number);

    [LibraryImport(Z3, EntryPoint = "Z3_get_symbol_kind")]
    internal static partial int GetSymbolKind(nint c, nint symbol);

    [LibraryImport(Z3, EntryPoint = "Z3_get_symbol_string")]
    internal static partial nint GetSymbolString(nint c, nint symbol);

    [LibraryImport(Z3, EntryPoint = "Z3_get_symbol_int")]
    internal static partial int GetSymbolInt(nint c, nint symbol);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_bool_sort")]
    internal static partial nint MkBoolSort(nint c);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_bv_sort")]
    internal static partial nint MkBvSort(nint c, uint size);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_array_sort")]
    internal static partial nint MkArraySort(nint c, nint domain, nint range);

    [LibraryImport(Z3, EntryPoint = "Z3_get_sort_kind")]
    internal static partial int GetSortKind(nint c, nint sort);

    [LibraryImport(Z3, EntryPoint = "Z3_get_bv_sort_size")]
    internal static partial uint GetBvSortSize(nint c, nint sort);

    [LibraryImport(Z3, EntryPoint = "Z3_get_array_sort_domain")]
    internal static partial nint GetArraySortDomain(nint c, nint sort);

    [LibraryImport(Z3, EntryPoint = "Z3_get_array_sort_range")]
    internal static partial nint GetArraySortRange(nint c, nint sort);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_func_decl")]
    internal static partial nint MkFuncDecl(nint c, nint name, uint count, nint[] domain, nint range);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_fresh_func_decl", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint MkFreshFuncDecl(nint c, string prefix, uint count, nint[] domain, nint range);

    [LibraryImport(Z3, EntryPoint = "Z3_get_decl_name")]
    internal static partial nint GetDeclName(nint c, nint declaration);

    [LibraryImport(Z3, EntryPoint = "Z3_get_range")]
    internal static partial nint GetRange(nint c, nint declaration);

    [LibraryImport(Z3, EntryPoint = "Z3_get_domain_size")]
    internal static partial uint GetDomainSize(nint c, nint declaration);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_app")]
    internal static partial nint MkApp(nint c, nint declaration, uint count, nint[] args);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_const")]
    internal static partial nint MkConst(nint c, nint name, nint sort);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_fresh_const", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint MkFreshConst(nint c, string prefix, nint sort);

    // terms

    [LibraryImport(Z3, EntryPoint = "Z3_get_sort")]
    internal static partial nint GetSort(nint c, nint ast);

    [LibraryImport(Z3, EntryPoint = "Z3_get_ast_kind")]
    internal static partial int GetAstKind(nint c, nint ast);

    [LibraryImport(Z3, EntryPoint = "Z3_get_ast_id")]
    internal static partial uint GetAstId(nint c, nint ast);

    [LibraryImport(Z3, EntryPoint = "Z3_get_ast_hash")]
    internal static partial uint GetAstHash(nint c, nint ast);

    [LibraryImport(Z3, EntryPoint = "Z3_get_bool_value")]
    internal static partial int GetBoolValue(nint c, nint ast);

    [LibraryImport(Z3, EntryPoint = "Z3_get_app_decl")]
    internal static partial nint GetAppDecl(nint c, nint app);

    [LibraryImport(Z3, EntryPoint = "Z3_get_app_num_args")]
    internal static partial uint GetAppNumArgs(nint c, nint app);

    [LibraryImport(Z3, EntryPoint = "Z3_get_app_arg")]
    internal static partial nint GetAppArg(nint c, nint app, uint index);

    [LibraryImport(Z3, EntryPoint = "Z3_ast_to_string")]
    internal static partial nint AstToString(nint c, nint ast);

    [LibraryImport(Z3, EntryPoint = "Z3_simplify")]
    internal static partial nint Simplify(nint c, nint ast);

    [LibraryImport(Z3, EntryPoint = "Z3_simplify_ex")]
    internal static partial nint SimplifyEx(nint c, nint ast, nint parameters);

    [LibraryImport(Z3, EntryPoint = "Z3_substitute")]
    internal static partial nint Substitute(nint c, nint ast, uint count, nint[] from, nint[] to);

    [LibraryImport(Z3, EntryPoint = "Z3_get_numeral_string")]
    internal static partial nint GetNumeralString(nint c, nint ast);

    [LibraryImport(Z3, EntryPoint = "Z3_get_numeral_uint")]
    [return: MarshalAs(UnmanagedType.U1)]
    internal static partial bool GetNumeralUint(nint c, nint ast, out uint value);

    [LibraryImport(Z3, EntryPoint = "Z3_get_numeral_uint64")]
    [return: MarshalAs(UnmanagedType.U1)]
    internal static partial bool GetNumeralUint64(nint c, nint ast, out ulong value);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_numeral", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint MkNumeral(nint c, string digits, nint sort);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_unsigned_int64")]
    internal static partial nint MkUnsignedInt64(nint c, ulong value, nint sort);

    // Booleans

    [LibraryImport(Z3, EntryPoint = "Z3_mk_true")]
    internal static partial nint MkTrue(nint c);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_false")]
    internal static partial nint MkFalse(nint c);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_eq")]
    internal static partial nint MkEq(nint c, nint a, nint b);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_distinct")]
    internal static partial nint MkDistinct(nint c, uint count, nint[] args);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_not")]
    internal static partial nint MkNot(nint c, nint a);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_ite")]
    internal static partial nint MkIte(nint c, nint condition, nint a, nint b);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_iff")]
    internal static partial nint MkIff(nint c, nint a, nint b);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_implies")]
    internal static partial nint MkImplies(nint c, nint a, nint b);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_xor")]
    internal static partial nint MkXor(nint c, nint a, nint b);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_and")]
    internal static partial nint MkAnd(nint c, uint count, nint[] args);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_or")]
    internal static partial nint MkOr(nint c, uint count, nint[] args);

    // bit vectors

    [LibraryImport(Z3, EntryPoint = "Z3_mk_bvadd")]
    internal static partial nint MkBvadd(nint c, nint a, nint b);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_bvsub")]
    internal static partial nint MkBvsub(nint c, nint a, nint b);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_bvmul")]
    internal static partial nint MkBvmul(nint c, nint a, nint b);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_bvudiv")]
    internal static partial nint MkBvudiv(nint c, nint a, nint b);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_bvurem")]
    internal static partial nint MkBvurem(nint c, nint a, nint b);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_bvand")]
    internal static partial nint MkBvand(nint c, nint a, nint b);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_bvor")]
    internal static partial nint MkBvor(nint c, nint a, nint b);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_bvxor")]
    internal static partial nint MkBvxor(nint c, nint a, nint b);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_bvshl")]
    internal static partial nint MkBvshl(nint c, nint a, nint b);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_bvlshr")]
    internal static partial nint MkBvlshr(nint c, nint a, nint b);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_bvashr")]
    internal static partial nint MkBvashr(nint c, nint a, nint b);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_bvult")]
    internal static partial nint MkBvult(nint c, nint a, nint b);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_bvule")]
    internal static partial nint MkBvule(nint c, nint a, nint b);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_bvugt")]
    internal static partial nint MkBvugt(nint c, nint a, nint b);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_bvuge")]
    internal static partial nint MkBvuge(nint c, nint a, nint b);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_bvslt")]
    internal static partial nint MkBvslt(nint c, nint a, nint b);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_bvsle")]
    internal static partial nint MkBvsle(nint c, nint a, nint b);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_bvsgt")]
    internal static partial nint MkBvsgt(nint c, nint a, nint b);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_bvsge")]
    internal static partial nint MkBvsge(nint c, nint a, nint b);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_bvneg")]
    internal static partial nint MkBvneg(nint c, nint a);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_bvnot")]
    internal static partial nint MkBvnot(nint c, nint a);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_concat")]
    internal static partial nint MkConcat(nint c, nint a, nint b);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_extract")]
    internal static partial nint MkExtract(nint c, uint high, uint low, nint a);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_zero_ext")]
    internal static partial nint MkZeroExt(nint c, uint bits, nint a);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_sign_ext")]
    internal static partial nint MkSignExt(nint c, uint bits, nint a);

    // arrays

    [LibraryImport(Z3, EntryPoint = "Z3_mk_select")]
    internal static partial nint MkSelect(nint c, nint array, nint index);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_store")]
    internal static partial nint MkStore(nint c, nint array, nint index, nint value);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_const_array")]
    internal static partial nint MkConstArray(nint c, nint domain, nint value);

    // parameters and solvers

    [LibraryImport(Z3, EntryPoint = "Z3_mk_params")]
    internal static partial nint MkParams(nint c);

    [LibraryImport(Z3, EntryPoint = "Z3_params_set_bool")]
    internal static partial void ParamsSetBool(nint c, nint parameters, nint name, [MarshalAs(UnmanagedType.U1)] bool value);

    [LibraryImport(Z3, EntryPoint = "Z3_params_set_uint")]
    internal static partial void ParamsSetUint(nint c, nint parameters, nint name, uint value);

    [LibraryImport(Z3, EntryPoint = "Z3_params_set_double")]
    internal static partial void ParamsSetDouble(nint c, nint parameters, nint name, double value);

    [LibraryImport(Z3, EntryPoint = "Z3_params_set_symbol")]
    internal static partial void ParamsSetSymbol(nint c, nint parameters, nint name, nint value);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_solver")]
    internal static partial nint MkSolver(nint c);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_simple_solver")]
    internal static partial nint MkSimpleSolver(nint c);

    [LibraryImport(Z3, EntryPoint = "Z3_mk_solver_for_logic")]
    internal static partial nint MkSolverForLogic(nint c, nint logic);

    [LibraryImport(Z3, EntryPoint = "Z3_solver_set_params")]
    internal static partial void SolverSetParams(nint c, nint solver, nint parameters);

    [LibraryImport(Z3, EntryPoint = "Z3_solver_push")]
    internal static partial void SolverPush(nint c, nint solver);

    [LibraryImport(Z3, EntryPoint = "Z3_solver_pop")]
    internal static partial void SolverPop(nint c, nint solver, uint count);

    [LibraryImport(Z3, EntryPoint = "Z3_solver_reset")]
    internal static partial void SolverReset(nint c, nint solver);

    [LibraryImport(Z3, EntryPoint = "Z3_solver_get_num_scopes")]
    internal static partial uint SolverGetNumScopes(nint c, nint solver);

    [LibraryImport(Z3, EntryPoint = "Z3_solver_assert")]
    internal static partial void SolverAssert(nint c, nint solver, nint condition);

    [LibraryImport(Z3, EntryPoint = "Z3_solver_assert_and_track")]
    internal static partial void SolverAssertAndTrack(nint c, nint solver, nint condition, nint label);

    [LibraryImport(Z3, EntryPoint = "Z3_solver_check_assumptions")]
    internal static partial int SolverCheckAssumptions(nint c, nint solver, uint count, nint[] assumptions);

    [LibraryImport(Z3, EntryPoint = "Z3_solver_get_assertions")]
    internal static partial nint SolverGetAssertions(nint c, nint solver);

    [LibraryImport(Z3, EntryPoint = "Z3_solver_get_model")]
    internal static partial nint SolverGetModel(nint c, nint solver);

    [LibraryImport(Z3, EntryPoint = "Z3_solver_get_unsat_core")]
    internal static partial nint SolverGetUnsatCore(nint c, nint solver);

    [LibraryImport(Z3, EntryPoint = "Z3_solver_get_reason_unknown")]
    internal static partial nint SolverGetReasonUnknown(nint c, nint solver);

    [LibraryImport(Z3, EntryPoint = "Z3_solver_get_statistics")]
    internal static partial nint SolverGetStatistics(nint c, nint solver);

    [LibraryImport(Z3, EntryPoint = "Z3_solver_to_string")]
    internal static partial nint SolverToString(nint c, nint solver);

    [LibraryImport(Z3, EntryPoint = "Z3_ast_vector_size")]
    internal static partial uint AstVectorSize(nint c, nint vector);

    [LibraryImport(Z3, EntryPoint = "Z3_ast_vector_get")]
    internal static partial nint AstVectorGet(nint c, nint vector, uint index);

    // models

    [LibraryImport(Z3, EntryPoint = "Z3_model_get_num_consts")]
    internal static partial uint ModelGetNumConsts(nint c, nint model);

    [LibraryImport(Z3, EntryPoint = "Z3_model_get_const_decl")]
    internal static partial nint ModelGetConstDecl(nint c, nint model, uint index);

    [LibraryImport(Z3, EntryPoint = "Z3_model_get_const_interp")]
    internal static partial nint ModelGetConstInterp(nint c, nint model, nint declaration);

    [LibraryImport(Z3, EntryPoint = "Z3_model_eval")]
    [return: MarshalAs(UnmanagedType.U1)]
    internal static partial bool ModelEval(nint c, nint model, nint ast, [MarshalAs(UnmanagedType.U1)] bool completion, out nint value);

    [LibraryImport(Z3, EntryPoint = "Z3_model_to_string")]
    internal static partial nint ModelToString(nint c, nint model);

    // statistics

    [LibraryImport(Z3, EntryPoint = "Z3_stats_size")]
    internal static partial uint StatsSize(nint c, nint stats);

    [LibraryImport(Z3, EntryPoint = "Z3_stats_get_key")]
    internal static partial nint StatsGetKey(nint c, nint stats, uint index);

    [LibraryImport(Z3, EntryPoint = "Z3_stats_is_uint")]
    [return: MarshalAs(UnmanagedType.U1)]
    internal static partial bool StatsIsUint(nint c, nint stats, uint index);

    [LibraryImport(Z3, EntryPoint = "Z3_stats_get_uint_value")]
    internal static partial uint StatsGetUintValue(nint c, nint stats, uint index);

    [LibraryImport(Z3, EntryPoint = "Z3_stats_get_double_value")]
    internal static partial double StatsGetDoubleValue(nint c, nint stats, uint index);
}
