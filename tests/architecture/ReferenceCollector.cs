using System.Collections.Immutable;
using System.Reflection.Metadata;

namespace Verified.Tests.Architecture;

/// <summary>Collects the types of this assembly that a declaration, signature or method body names.</summary>
internal sealed class ReferenceCollector(MetadataReader metadata) : ISignatureTypeProvider<bool, bool>
{
    public HashSet<TypeDefinitionHandle> Found { get; } = [];

    /// <summary>The types of other assemblies.</summary>
    public HashSet<TypeReferenceHandle> Outside { get; } = [];

    /// <summary>Base, interfaces, constraints, attributes and fields.</summary>
    public void AddDeclaration(TypeDefinition type)
    {
        Add(type.BaseType);
        foreach (var handle in type.GetInterfaceImplementations())
            Add(metadata.GetInterfaceImplementation(handle).Interface);
        AddConstraints(type.GetGenericParameters());
        AddAttributes(type.GetCustomAttributes());
        foreach (var handle in type.GetFields())
        {
            var field = metadata.GetFieldDefinition(handle);
            field.DecodeSignature(this, false);
            AddAttributes(field.GetCustomAttributes());
        }
    }

    /// <summary>Signature, constraints and attributes.</summary>
    public void AddMethod(MethodDefinition method)
    {
        method.DecodeSignature(this, false);
        AddConstraints(method.GetGenericParameters());
        AddAttributes(method.GetCustomAttributes());
    }

    /// <summary>Local variables, caught exceptions and everything that instructions name.</summary>
    public void AddBody(MethodBodyBlock body)
    {
        Add(body.LocalSignature);
        foreach (var region in body.ExceptionRegions)
            Add(region.CatchType);
        foreach (var operand in Instructions.Operands(body.GetILReader()))
            Add(operand);
    }

    private void AddConstraints(GenericParameterHandleCollection parameters)
    {
        foreach (var parameter in parameters)
        foreach (var constraint in metadata.GetGenericParameter(parameter).GetConstraints())
            Add(metadata.GetGenericParameterConstraint(constraint).Type);
    }

    private void AddAttributes(CustomAttributeHandleCollection attributes)
    {
        foreach (var attribute in attributes)
            Add(metadata.GetCustomAttribute(attribute).Constructor);
    }

    private void Add(EntityHandle handle)
    {
        if (handle.IsNil)
            return;
        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition:
                Found.Add((TypeDefinitionHandle)handle);
                break;
            case HandleKind.TypeReference:
                Outside.Add((TypeReferenceHandle)handle);
                break;
            case HandleKind.TypeSpecification:
                metadata.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(this, false);
                break;
            case HandleKind.FieldDefinition:
                var field = metadata.GetFieldDefinition((FieldDefinitionHandle)handle);
                Found.Add(field.GetDeclaringType());
                field.DecodeSignature(this, false);
                break;
            case HandleKind.MethodDefinition:
                var method = metadata.GetMethodDefinition((MethodDefinitionHandle)handle);
                Found.Add(method.GetDeclaringType());
                method.DecodeSignature(this, false);
                break;
            case HandleKind.MethodSpecification:
                var instance = metadata.GetMethodSpecification((MethodSpecificationHandle)handle);
                instance.DecodeSignature(this, false);
                Add(instance.Method);
                break;
            case HandleKind.MemberReference:
                AddMember(metadata.GetMemberReference((MemberReferenceHandle)handle));
                break;
            case HandleKind.StandaloneSignature:
                AddStandalone(metadata.GetStandaloneSignature((StandaloneSignatureHandle)handle));
                break;
        }
    }

    private void AddMember(MemberReference member)
    {
        Add(member.Parent);
        if (member.GetKind() == MemberReferenceKind.Field)
            member.DecodeFieldSignature(this, false);
        else
            member.DecodeMethodSignature(this, false);
    }

    private void AddStandalone(StandaloneSignature signature)
    {
        if (signature.GetKind() == StandaloneSignatureKind.LocalVariables)
            signature.DecodeLocalSignature(this, false);
        else
            signature.DecodeMethodSignature(this, false);
    }

    // The decoder calls these for each part of a signature; only named types matter.
    public bool GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) =>
        Found.Add(handle);

    public bool GetTypeFromSpecification(
        MetadataReader reader,
        bool context,
        TypeSpecificationHandle handle,
        byte kind
    ) => reader.GetTypeSpecification(handle).DecodeSignature(this, context);

    public bool GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) =>
        Outside.Add(handle);

    public bool GetArrayType(bool elementType, ArrayShape shape) => false;

    public bool GetByReferenceType(bool elementType) => false;

    public bool GetFunctionPointerType(MethodSignature<bool> signature) => false;

    public bool GetGenericInstantiation(bool genericType, ImmutableArray<bool> typeArguments) => false;

    public bool GetGenericMethodParameter(bool genericContext, int index) => false;

    public bool GetGenericTypeParameter(bool genericContext, int index) => false;

    public bool GetModifiedType(bool modifier, bool unmodifiedType, bool isRequired) => false;

    public bool GetPinnedType(bool elementType) => false;

    public bool GetPointerType(bool elementType) => false;

    public bool GetPrimitiveType(PrimitiveTypeCode typeCode) => false;

    public bool GetSZArrayType(bool elementType) => false;
}
