"""The closed list of faults that an interchange can have, each with its codes and its words.

This table is the only place where a fault is tied to its data element 0085 code, by the syntax version of the
answer (versions 1-3, version 4), and to its words in English and Chinese. A fault is a value, never an exception:
one pass over an interchange collects them all.

Texts are ``str.format`` templates over the fault's ``params`` plus ``value``, ``segment``, ``element`` and
``component``. ``repair`` is a likely cure, in the same way.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field


class Level(enum.StrEnum):
    """Which segment of CONTRL reports a fault: UCI, UCF, UCM, UCS or UCD (within its UCS)."""

    INTERCHANGE = "interchange"
    GROUP = "group"
    MESSAGE = "message"
    SEGMENT = "segment"
    ELEMENT = "element"


@dataclass(frozen=True, slots=True)
class Wording:
    """The codes and words of one kind of fault.

    ``code`` is 0085 in an answer of syntax version 1-3, ``code_4`` in one of version 4; None means that this
    version tolerates it (the check does not report it then). ``clause`` names the rule that is broken: the clause or
    part of ISO 9735, the directory, or the agreement between the parties.
    """

    code: str | None
    code_4: str | None
    clause: str
    en: str
    zh: str
    repair_en: str
    repair_zh: str


class FaultKind(enum.Enum):
    """Every kind of fault, by its wording. The names are used in JSON, logs and tests."""

    SYNTAX_UNSUPPORTED = Wording(
        "2",
        "2",
        "ISO 9735:1988 4 and annex B; ISO 9735-1:2002",
        "syntax identifier or version {value} is unknown",
        "语法标识或版本 {value} 未知",
        "use UNOA..UNOL, UNOW, UNOX or UNOY with version 1 to 4 in UNB S001",
        "UNB S001 请使用 UNOA..UNOL、UNOW、UNOX 或 UNOY，版本 1 至 4",
    )
    ENCODING_UNSUPPORTED = Wording(
        "2",
        "46",
        "ISO 9735:1988 5; ISO 9735-1:2002",
        "character encoding {value} is not supported",
        "不支持字符编码 {value}",
        "send an encoding that contains ASCII, or agree on one with the hub",
        "请使用与 ASCII 兼容的编码，或与中心另行约定",
    )
    RECIPIENT_UNKNOWN = Wording(
        "43",
        "7",
        "interchange agreement",
        "recipient {value} is unknown to the hub",
        "中心没有收件方 {value}",
        "check UNB S003 and its qualifier",
        "请核对 UNB S003 及其限定符",
    )
    SENDER_UNKNOWN = Wording(
        "23",
        "23",
        "interchange agreement",
        "sender {value} is unknown to the hub",
        "中心没有发件方 {value}",
        "check UNB S002 and its qualifier, or register this address",
        "请核对 UNB S002 及其限定符，或先登记该地址",
    )
    SENDER_NOT_PRINCIPAL = Wording(
        "23",
        "23",
        "interchange agreement",
        "sender {value} is not an address of {principal}, who opened this session",
        "发件方 {value} 不是本次会话主体 {principal} 的地址",
        "send with an address of your own, or have this address entered in your list of carried addresses",
        "请使用自己的地址，或将该地址列入代传名单",
    )
    NO_AGREEMENT = Wording(
        "17",
        "17",
        "interchange agreement",
        "no agreement for {value}{of}",
        "没有关于 {value}{of} 的协议",
        "ask the operator to add it to your agreement",
        "请运营方将其加入协议",
    )
    TEST_NOT_ALLOWED = Wording(
        "25",
        "25",
        "interchange agreement",
        "test indicator {value}{of} is not allowed by the agreement",
        "协议不允许测试标志 {value}{of}",
        "correct UNB 0035, or have the agreement changed",
        "请更正 UNB 0035，或修改协议",
    )
    OUTSIDE_WINDOW = Wording(
        "24",
        "24",
        "interchange agreement",
        "prepared at {value}, outside the agreed window",
        "编制时间 {value} 超出约定范围",
        "check the clock of the system that writes UNB S004",
        "请检查生成 UNB S004 的系统时钟",
    )
    DUPLICATE_INTERCHANGE = Wording(
        "26",
        "26",
        "ISO 9735:1988 annex B; ISO 9735-2:2002",
        "interchange control reference {value} was used before with other content; the first was received at {first_at} and stays accepted",
        "交换控制参考号 {value} 已用于其他内容；首份于 {first_at} 收到并仍然有效",
        "send the new content under a new reference; do not repeat the first",
        "新内容请使用新的参考号，首份无须重发",
    )
    DUPLICATE_MESSAGE = Wording(
        "26",
        "26",
        "ISO 9735:1988 annex B; ISO 9735-2:2002",
        "message reference number {value} is used twice in the interchange",
        "报文参考号 {value} 在同一交换中重复",
        "give each message its own 0062",
        "每份报文使用各自的 0062",
    )
    DUPLICATE_PACKAGE = Wording(
        "26",
        "26",
        "ISO 9735-8:2002",
        "package reference number {value} is used twice in the interchange",
        "包参考号 {value} 在同一交换中重复",
        "give each package its own 0800",
        "每个包使用各自的 0800",
    )
    INTERACTIVE = Wording(
        "18",
        "47",
        "ISO 9735-3:2002",
        "interactive interchanges (UIB) are not forwarded",
        "不转发交互式交换 (UIB)",
        "send the messages as a batch interchange (UNB), or hold the dialogue with the recipient itself",
        "请以批式交换 (UNB) 发送，或直接与收件方对话",
    )
    DUPLICATE_GROUP = Wording(
        "26",
        "26",
        "ISO 9735:1988 annex B; ISO 9735-2:2002",
        "group reference number {value} is used twice in the interchange",
        "功能组参考号 {value} 在同一交换中重复",
        "give each group its own 0048",
        "每个功能组使用各自的 0048",
    )
    ELEMENT_MISSING = Wording(
        "13",
        "13",
        "segment directory; ISO 9735:1988 7.2; ISO 9735-1:2002",
        "mandatory data element {name} is missing in {segment}",
        "{segment} 缺少必备数据元 {name}",
        "fill it in",
        "请补充",
    )
    COMPOSITE_MISSING = Wording(
        "13",
        "13",
        "segment directory; ISO 9735:1988 7.2; ISO 9735-1:2002",
        "mandatory composite {name} is missing in {segment}",
        "{segment} 缺少必备复合数据元 {name}",
        "fill it in",
        "请补充",
    )
    COMPONENT_MISSING = Wording(
        "13",
        "13",
        "composite directory; ISO 9735:1988 7.4; ISO 9735-1:2002",
        "mandatory component {name} is missing in {segment}",
        "{segment} 缺少必备成分数据元 {name}",
        "fill it in",
        "请补充",
    )
    SEGMENT_MISSING = Wording(
        "13",
        "13",
        "message directory; ISO 9735:1988 7.1; ISO 9735-1:2002",
        "mandatory segment {segment} is missing{where}",
        "缺少必备段 {segment}{where}",
        "add {segment} after the segment named here",
        "请在此段之后补充 {segment}",
    )
    GROUP_MISSING = Wording(
        "13",
        "13",
        "message directory; ISO 9735:1988 7.1; ISO 9735-1:2002",
        "mandatory segment group {group} is missing: its trigger {segment} is not there",
        "缺少必备段组 {group}：没有触发段 {segment}",
        "add the group after the segment named here",
        "请在此段之后补充该段组",
    )
    TRAILER_MISSING = Wording(
        "13",
        "13",
        "ISO 9735:1988 6.1; ISO 9735-2:2002",
        "{segment} is missing",
        "缺少 {segment}",
        "the transmission may have been cut; send it whole under the same reference",
        "传输可能中断；请以同一参考号完整重发",
    )
    CODE_UNKNOWN = Wording("12", "12", "code list directory", "{value} is not in code list {name}{of}", "{value} 不在代码表 {name} 中{of}", "{hint}", "{hint}")
    MESSAGE_TYPE_UNKNOWN = Wording(
        "12",
        "12",
        "message directory; ISO 9735:1988 annex B; ISO 9735-2:2002",
        "message type {value} is not in directory {directory}",
        "目录 {directory} 中没有报文类型 {value}",
        "check UNH S009 0065",
        "请核对 UNH S009 0065",
    )
    DIRECTORY_UNKNOWN = Wording(
        "12",
        "12",
        "message directory; ISO 9735:1988 annex B; ISO 9735-2:2002",
        "there is no directory {value}",
        "没有目录 {value}",
        "check version, release and agency in UNH S009",
        "请核对 UNH S009 的版本、发布号与管理机构",
    )
    SEGMENT_UNKNOWN = Wording(
        "15",
        "15",
        "segment directory; ISO 9735:1988 6.2; ISO 9735-1:2002",
        "segment {segment} is in no directory",
        "任何目录中都没有段 {segment}",
        "check the tag; a release character may be missing before it",
        "请核对段标识；其前可能缺少释放字符",
    )
    SEGMENT_NOT_IN_MESSAGE = Wording(
        "15",
        "15",
        "message directory; ISO 9735:1988 6.2; ISO 9735-1:2002",
        "segment {segment} is not used in {type}",
        "{type} 不使用段 {segment}",
        "remove it, or check the message type",
        "请删除该段，或核对报文类型",
    )
    SEGMENT_OUT_OF_PLACE = Wording(
        "15",
        "15",
        "message directory; ISO 9735:1988 6.2; ISO 9735-1:2002",
        "segment {segment} is not allowed here{where}",
        "段 {segment} 不允许出现在此处{where}",
        "move it to its place in the segment table",
        "请按段表移到正确位置",
    )
    TOO_MANY_ELEMENTS = Wording(
        "16",
        "16",
        "segment directory; ISO 9735:1988 6.3; ISO 9735-1:2002",
        "{segment} has more data elements than the {most} it may have",
        "{segment} 的数据元超过 {most} 个",
        "remove the excess; a release character may be missing before an element separator",
        "请删除多余部分；元分隔符前可能缺少释放字符",
    )
    TOO_MANY_COMPONENTS = Wording(
        "16",
        "16",
        "composite directory; ISO 9735:1988 6.4; ISO 9735-1:2002",
        "{name} in {segment} has more components than the {most} it may have",
        "{segment} 中 {name} 的成分超过 {most} 个",
        "remove the excess; a release character may be missing before a component separator",
        "请删除多余部分；成分分隔符前可能缺少释放字符",
    )
    COMPONENT_IN_SIMPLE = Wording(
        "16",
        "16",
        "segment directory; ISO 9735:1988 6.4; ISO 9735-1:2002",
        "{name} in {segment} is a simple data element and has no components",
        "{segment} 的 {name} 为简单数据元，不得有成分",
        "remove the component separator, or release it",
        "请删除成分分隔符或加释放字符",
    )
    SEGMENT_REPEATED = Wording(
        "35",
        "35",
        "message directory; ISO 9735:1988 8.1; ISO 9735-1:2002",
        "segment {segment} is repeated more than {most} times",
        "段 {segment} 重复超过 {most} 次",
        "remove the excess",
        "请删除多余的段",
    )
    ELEMENT_REPEATED = Wording(
        "35",
        "35",
        "segment directory; ISO 9735:1988 8.2; ISO 9735-1:2002",
        "{name} in {segment} is repeated more than {most} times",
        "{segment} 的 {name} 重复超过 {most} 次",
        "remove the excess",
        "请删除多余部分",
    )
    GROUP_REPEATED = Wording(
        "36",
        "36",
        "message directory; ISO 9735:1988 8.1; ISO 9735-1:2002",
        "segment group {group} is repeated more than {most} times",
        "段组 {group} 重复超过 {most} 次",
        "remove the excess",
        "请删除多余的段组",
    )
    TOO_LONG = Wording(
        "39",
        "39",
        "data element directory; ISO 9735:1988 6.4; ISO 9735-1:2002",
        "{name} in {segment} has {length} characters, at most {most} are allowed",
        "{segment} 的 {name} 有 {length} 个字符，最多 {most} 个",
        "shorten it",
        "请缩短",
    )
    TOO_SHORT = Wording(
        "40",
        "40",
        "data element directory; ISO 9735:1988 6.4; ISO 9735-1:2002",
        "{name} in {segment} has {length} characters, {least} are required",
        "{segment} 的 {name} 有 {length} 个字符，应为 {least} 个",
        "fill it to its length",
        "请补足长度",
    )
    LETTER_IN_NUMERIC = Wording(
        "37",
        "37",
        "data element directory; ISO 9735:1988 10; ISO 9735-1:2002",
        "{name} in {segment} is numeric; {value} is not a number",
        "{segment} 的 {name} 为数字型，{value} 不是数",
        "write digits, at most one decimal mark and a leading minus",
        "请只写数字、至多一个小数点和前置负号",
    )
    DIGIT_IN_ALPHABETIC = Wording(
        "37",
        "37",
        "data element directory; ISO 9735:1988 6.4; ISO 9735-1:2002",
        "{name} in {segment} is alphabetic; {value} has a digit",
        "{segment} 的 {name} 为字母型，{value} 含有数字",
        "write letters only",
        "请只写字母",
    )
    DECIMAL_NOTATION = Wording(
        "19",
        "37",
        "ISO 9735:1988 10.1; ISO 9735-1:2002",
        "{name} in {segment}: {value} is bad decimal notation",
        "{segment} 的 {name}：{value} 的小数写法有误",
        "one decimal mark, with digits on both sides",
        "只用一个小数点，两侧均有数字",
    )
    NO_DIGIT_BEFORE_MARK = Wording(
        "38",
        "37",
        "ISO 9735:1988 10.1; ISO 9735-1:2002",
        "{name} in {segment}: {value} has no digit before the decimal mark",
        "{segment} 的 {name}：{value} 的小数点前没有数字",
        "write a 0 before the mark",
        "请在小数点前写 0",
    )
    CHARACTER_INVALID = Wording(
        "21",
        "21",
        "ISO 9735:1988 5; ISO 9735-1:2002",
        "character {value} is outside repertoire {repertoire}",
        "字符 {value} 不在字符集 {repertoire} 内",
        "replace the character, or use a syntax identifier whose repertoire has it",
        "请替换该字符，或改用包含它的语法标识",
    )
    UNDECODABLE = Wording(
        "21",
        "21",
        "ISO 9735:1988 5; ISO 9735-1:2002",
        "byte {value} cannot be decoded as {repertoire}",
        "字节 {value} 不能按 {repertoire} 解码",
        "send the encoding that UNB S001 announces, or agree on yours with the hub",
        "请使用 UNB S001 所声明的编码，或与中心另行约定",
    )
    UNA_SAME_TWICE = Wording(
        "22",
        "22",
        "ISO 9735:1988 annex B; ISO 9735-1:2002",
        "service string advice uses {value} twice",
        "UNA 中字符 {value} 使用两次",
        "give each service character a character of its own",
        "每个服务字符须各不相同",
    )
    UNA_LETTER_OR_DIGIT = Wording(
        "22",
        "22",
        "ISO 9735:1988 annex B; ISO 9735-1:2002",
        "service string advice uses the letter or digit {value}",
        "UNA 使用了字母或数字 {value}",
        "use a character that is neither letter nor digit",
        "请使用字母与数字以外的字符",
    )
    UNA_CANNOT_SERVE = Wording(
        "20",
        "20",
        "ISO 9735:1988 annex B; ISO 9735-1:2002",
        "character {value} cannot be a service character",
        "字符 {value} 不能作服务字符",
        "use a printable character of the repertoire",
        "请使用字符集中的可打印字符",
    )
    TRAILING_SEPARATORS = Wording(
        None,
        "45",
        "ISO 9735:1988 7.3 and 7.5; ISO 9735-1:2002",
        "{segment} ends with separators that stand before nothing",
        "{segment} 末尾有多余的分隔符",
        "cut them off",
        "请删除",
    )
    COUNT_IN_UNT = Wording(
        "29",
        "29",
        "ISO 9735:1988 annex B; ISO 9735-2:2002",
        "{segment} counts {value} segments, there are {found}",
        "{segment} 计数 {value} 段，实为 {found} 段",
        "write {found}; if segments were lost, send the message again",
        "请改为 {found}；若有段丢失，请重发报文",
    )
    COUNT_IN_UNE = Wording(
        "29",
        "29",
        "ISO 9735:1988 annex B; ISO 9735-2:2002",
        "UNE counts {value} messages, there are {found}",
        "UNE 计数 {value} 份报文，实为 {found} 份",
        "write {found}; if messages were lost, send the group again",
        "请改为 {found}；若有报文丢失，请重发该组",
    )
    COUNT_IN_UNZ = Wording(
        "29",
        "29",
        "ISO 9735:1988 annex B; ISO 9735-2:2002",
        "{segment} counts {value}, there are {found}",
        "{segment} 计数 {value}，实为 {found}",
        "write {found}; if some were lost, send the interchange again",
        "请改为 {found}；若有丢失，请重发交换",
    )
    REFERENCE_IN_UNT = Wording(
        "28",
        "28",
        "ISO 9735:1988 annex B; ISO 9735-2:2002",
        "{segment} has reference {value}, {header} has {expected}",
        "{segment} 参考号为 {value}，{header} 为 {expected}",
        "repeat the reference of {header}",
        "请与 {header} 一致",
    )
    REFERENCE_IN_UNE = Wording(
        "28",
        "28",
        "ISO 9735:1988 annex B; ISO 9735-2:2002",
        "UNE has reference {value}, UNG has {expected}",
        "UNE 参考号为 {value}，UNG 为 {expected}",
        "repeat the reference of UNG",
        "请与 UNG 一致",
    )
    REFERENCE_IN_UNZ = Wording(
        "28",
        "28",
        "ISO 9735:1988 annex B; ISO 9735-2:2002",
        "{segment} has reference {value}, {header} has {expected}",
        "{segment} 参考号为 {value}，{header} 为 {expected}",
        "repeat the interchange's reference of {header}",
        "请与 {header} 的交换参考号一致",
    )
    LENGTH_IN_UNP = Wording(
        "29",
        "29",
        "ISO 9735-8:2002",
        "UNP says that the object has {value} octets, {header} says {expected}",
        "UNP 称对象为 {value} 个字节，{header} 称 {expected} 个",
        "repeat the length in {header}",
        "请与 {header} 的长度一致",
    )
    REFERENCE_IN_UNP = Wording(
        "28",
        "28",
        "ISO 9735-8:2002",
        "UNP has package reference {value}, {header} has {expected}",
        "UNP 包参考号为 {value}，{header} 为 {expected}",
        "repeat the reference of {header}",
        "请与 {header} 一致",
    )
    LENGTH_IN_USU = Wording(
        "29",
        "29",
        "ISO 9735-7:2002",
        "USU says that {value} octets are encrypted, {header} says {expected}",
        "USU 称加密数据为 {value} 个字节，{header} 称 {expected} 个",
        "repeat the length in {header}",
        "请与 {header} 的长度一致",
    )
    REFERENCE_IN_USU = Wording(
        "28",
        "28",
        "ISO 9735-7:2002",
        "USU has encryption reference {value}, {header} has {expected}",
        "USU 加密参考号为 {value}，{header} 为 {expected}",
        "repeat the reference of {header}",
        "请与 {header} 一致",
    )
    LENGTH_MISLEADS = Wording(
        "29",
        "29",
        "ISO 9735-7:2002; ISO 9735-8:2002",
        "{segment} announces {value} octets, but after them comes no segment that could follow; reading went on {found} octets later than {segment} ends",
        "{segment} 声明其后有 {value} 个字节，但其后并非应有的段；检查从 {segment} 之后 {found} 个字节处继续",
        "count the octets between the terminator of the segment before and the U of the segment after",
        "请计算前一段终止符与后一段首字母 U 之间的字节数",
    )
    LENGTH_BEYOND_END = Wording(
        "29",
        "29",
        "ISO 9735-7:2002; ISO 9735-8:2002",
        "{segment} announces {value} octets, but only {found} follow",
        "{segment} 声明其后有 {value} 个字节，实际只有 {found} 个",
        "correct the length; if the transmission was cut, send it whole under the same reference",
        "请更正长度；若传输中断，请以同一参考号完整重发",
    )
    COUNT_IN_UST = Wording(
        "29",
        "29",
        "ISO 9735-5:2002",
        "UST counts {value} security segments, there are {found}",
        "UST 计数 {value} 个安全段，实为 {found} 个",
        "write {found}: the header group, the trailer group, and USD and USU where they are encrypted by it",
        "请改为 {found}：安全头组与安全尾组各段，以及由其加密的 USD 与 USU",
    )
    REFERENCE_IN_UST = Wording(
        "28",
        "28",
        "ISO 9735-5:2002",
        "UST has security reference {value}, which no USH before it still waits for",
        "UST 的安全参考号为 {value}，其前没有等待它的 USH",
        "give each UST the 0534 of its USH",
        "每个 UST 应与其 USH 的 0534 一致",
    )
    SECURITY_TRAILER_MISSING = Wording(
        "13",
        "13",
        "ISO 9735-5:2002",
        "no UST answers USH {value}",
        "没有与 USH {value} 对应的 UST",
        "add a UST with its 0534 before the trailer",
        "请在结尾段之前补充具有相同 0534 的 UST",
    )
    DUPLICATE_SECURITY = Wording(
        "26",
        "26",
        "ISO 9735-5:2002",
        "security reference number {value} is used twice",
        "安全参考号 {value} 重复使用",
        "give each USH its own 0534",
        "每个 USH 使用各自的 0534",
    )
    GROUPS_AND_MESSAGES_MIXED = Wording(
        "30",
        "30",
        "ISO 9735:1988 6.1; ISO 9735-2:2002",
        "groups and messages are mixed at one level",
        "功能组与报文混在同一层",
        "put all messages into groups, or none",
        "报文要么全部入组，要么都不入组",
    )
    TYPES_MIXED_IN_GROUP = Wording(
        "31",
        None,
        "ISO 9735:1988 6.1",
        "the group holds {value} besides {expected}",
        "组内除 {expected} 外还有 {value}",
        "one message type in a group",
        "一个功能组只含一种报文",
    )
    GROUP_EMPTY = Wording(
        "32", "32", "ISO 9735:1988 6.1; ISO 9735-2:2002", "the group holds no message", "功能组内没有报文", "leave the group out", "请删除该组"
    )
    INTERCHANGE_EMPTY = Wording(
        "32",
        "32",
        "ISO 9735:1988 6.1; ISO 9735-2:2002",
        "the interchange holds no message",
        "交换内没有报文",
        "send at least one message",
        "请至少发送一份报文",
    )
    OUTSIDE_MESSAGE = Wording(
        "33",
        "33",
        "ISO 9735:1988 6.1; ISO 9735-2:2002",
        "segment {segment} stands outside any message",
        "段 {segment} 位于报文之外",
        "every segment belongs between UNH and UNT",
        "每个段都应位于 UNH 与 UNT 之间",
    )
    NOT_AN_INTERCHANGE = Wording(
        "33",
        "33",
        "ISO 9735:1988 6.1; ISO 9735-2:2002",
        "these bytes begin no interchange: {value}",
        "这些字节不是交换的开头：{value}",
        "an interchange begins with UNA or UNB and ends with UNZ",
        "交换以 UNA 或 UNB 开始，以 UNZ 结束",
    )
    DEPENDENCY = Wording(
        "18",
        "48",
        "segment directory; ISO 9735-1:2002",
        "{segment}: {rule}",
        "{segment}：{rule}",
        "fill in or leave out the elements that depend on one another",
        "请按相互关系填写或省略有关数据元",
    )
    OVER_LIMIT = Wording(
        "18",
        "18",
        "interchange agreement",
        "{name} is over the limit of {most}",
        "{name} 超过上限 {most}",
        "split it, or have the limit in the agreement raised",
        "请拆分，或在协议中提高上限",
    )

    def __init__(self, *_: object) -> None:
        # Two kinds may have equal wording values only by mistake: enum would silently make them aliases.
        if any(self.value == other.value for other in type(self)):
            raise ValueError(f"{self.name} repeats the wording of another kind")

    def code(self, syntax_version: int) -> str | None:
        """0085 for an answer in ``syntax_version`` (1-4), or None where that version tolerates the fault."""
        wording: Wording = self.value
        return wording.code_4 if syntax_version >= 4 else wording.code


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault at its place.

    - ``level``: which segment of CONTRL reports it.
    - ``group``, ``message``: 0-based index into the report's groups and messages; None outside them.
    - ``segment``: tag as found, or of the segment that is missing; ``segment_position`` counts from UNH = 1, outside
      messages from UNB = 1 (UNA is not counted). For a missing segment it is the last segment before the gap (0096's definition).
    - ``element``: position as UCD 0098 counts (tag = 1); ``component``: 1-based, None for a simple element;
      ``repetition``: 1-based, None where the element does not repeat.
    - ``offset``: in bytes from the start of the data checked (a file's start in ``vanhub check``).
    - ``value``: what stood there, decoded, at most 80 characters, or None.
    - ``params``: further words for the texts.
    """

    kind: FaultKind
    level: Level
    segment: str
    segment_position: int
    offset: int
    group: int | None = None
    message: int | None = None
    element: int | None = None
    component: int | None = None
    repetition: int | None = None
    value: str | None = None
    params: dict[str, str] = field(default_factory=dict)

    def code(self, syntax_version: int) -> str:
        """0085 for an answer in ``syntax_version``; a tolerated kind that was reported all the same is 18."""
        return self.kind.code(syntax_version) or "18"

    def text(self, language: str = "en") -> str:
        """What is wrong, in ``"en"`` or ``"zh"``."""
        wording: Wording = self.kind.value
        return self._fill(wording.zh if language == "zh" else wording.en)

    def repair(self, language: str = "en") -> str:
        """A likely cure, in ``"en"`` or ``"zh"``."""
        wording: Wording = self.kind.value
        return self._fill(wording.repair_zh if language == "zh" else wording.repair_en)

    def _fill(self, template: str) -> str:
        words = Words(self.params)
        words.update(value=self.value or "", segment=self.segment, element=str(self.element or ""), component=str(self.component or ""))
        return template.format_map(words).strip()


class Words(dict[str, str]):
    """A word that a fault does not carry reads as nothing, so that a text never fails."""

    def __missing__(self, key: str) -> str:
        return ""
