"""The messages of ONNX by field number, and those fields that no released model may use.

Source: onnx/onnx.proto of ONNX 1.23, up to IR version 13.
"""

from ona_pipeline.verify.walk.protobuf import Field


def _message(text: str) -> dict[int, Field]:
    """Fields written ``number:name:kind``; a star before the kind means that it repeats."""
    rows = (row.split(":") for row in text.split())
    return {int(number): Field(name, kind.lstrip("*"), kind.startswith("*")) for number, name, kind in rows}


MESSAGES: dict[str, dict[int, Field]] = {
    "Model": _message(
        "1:ir_version:int 2:producer_name:words 3:producer_version:words 4:domain:words 5:model_version:int "
        "6:doc_string:words 7:graph:Graph 8:opset_import:*OperatorSet 14:metadata_props:*StringStringEntry "
        "20:training_info:*bytes 25:functions:*bytes 26:configuration:*bytes"
    ),
    "OperatorSet": _message("1:domain:str 2:version:int"),
    "StringStringEntry": _message("1:key:words 2:value:words"),
    "Graph": _message(
        "1:node:*Node 2:name:str 5:initializer:*Tensor 10:doc_string:words 11:input:*ValueInfo "
        "12:output:*ValueInfo 13:value_info:*ValueInfo 14:quantization_annotation:*Annotation "
        "15:sparse_initializer:*SparseTensor 16:metadata_props:*StringStringEntry"
    ),
    "Node": _message(
        "1:input:*str 2:output:*str 3:name:str 4:op_type:str 5:attribute:*Attribute 6:doc_string:words "
        "7:domain:str 8:overload:str 9:metadata_props:*StringStringEntry 10:device_configurations:*bytes"
    ),
    "Attribute": _message(
        "1:name:str 2:f:f32 3:i:int 4:s:bytes 5:t:Tensor 6:g:Graph 7:floats:*f32 8:ints:*int "
        "9:strings:*bytes 10:tensors:*Tensor 11:graphs:*Graph "
        "13:doc_string:words 14:tp:Type 15:type_protos:*Type 20:type:int "
        "21:ref_attr_name:str 22:sparse_tensor:SparseTensor 23:sparse_tensors:*SparseTensor"
    ),
    "Tensor": _message(
        "1:dims:*int 2:data_type:int 3:segment:bytes 4:float_data:*f32 5:int32_data:*int "
        "6:string_data:*bytes 7:int64_data:*int 8:name:str 9:raw_data:bytes 10:double_data:*f64 "
        "11:uint64_data:*int "
        "12:doc_string:words 13:external_data:*bytes 14:data_location:int "
        "16:metadata_props:*StringStringEntry"
    ),
    "SparseTensor": _message("1:values:Tensor 2:indices:Tensor 3:dims:*int"),
    "ValueInfo": _message("1:name:str 2:type:Type 3:doc_string:words 4:metadata_props:*StringStringEntry"),
    "Annotation": _message("1:tensor_name:str 2:quant_parameter_tensor_names:*StringStringEntry"),
    "Type": _message(
        "1:tensor_type:TensorType 4:sequence_type:Element 5:map_type:Map 6:denotation:words "
        "7:opaque_type:bytes 8:sparse_tensor_type:TensorType 9:optional_type:Element"
    ),
    "TensorType": _message("1:elem_type:int 2:shape:Shape"),
    "Element": _message("1:elem_type:Type"),
    "Map": _message("1:key_type:int 2:value_type:Type"),
    "Shape": _message("1:dim:*Dimension"),
    "Dimension": _message("1:dim_value:int 2:dim_param:str 3:denotation:words"),
}
REFUSED = {
    "external_data": ("external-data", "elements in another file"),
    "segment": ("external-data", "a tensor in several parts"),
    "functions": ("onnx-function", "functions of the model's own"),
    "training_info": ("onnx-malformed", "steps of a training"),
    "configuration": ("onnx-malformed", "devices of its own"),
    "device_configurations": ("onnx-malformed", "devices of its own"),
    "opaque_type": ("onnx-malformed", "values of a type of its own"),
}
